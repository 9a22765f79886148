package dev.pyvisor.transport;

/**
 * An option that only one backend takes.
 *
 * <p>Immutable.
 *
 * @param name the word behind the backend's name and a dot
 * @param description one sentence: what it means, its form, its default
 * @param secrecy whether its value may be shown
 */
public record BackendOption(String name, String description, Secrecy secrecy) {

  /** An option whose value may be shown. */
  public BackendOption(String name, String description) {
    this(name, description, Secrecy.OPEN);
  }
}
