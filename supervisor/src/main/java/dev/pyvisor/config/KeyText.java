package dev.pyvisor.config;

/**
 * What is said of a key.
 *
 * <p>Immutable.
 *
 * @param standard its value where nobody sets it, or what is done then
 * @param meaning one sentence
 * @param builder the methods of {@code SupervisorClient.Builder} that do the same
 */
record KeyText(String name, String standard, String meaning, String builder) {}
