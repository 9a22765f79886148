package dev.pyvisor.transport;

/**
 * An option that only one backend takes.
 *
 * <p>Immutable.
 *
 * @param name the word behind the backend's name and a dot
 * @param description one sentence: what it means, its form, its default
 */
public record BackendOption(String name, String description) {}
