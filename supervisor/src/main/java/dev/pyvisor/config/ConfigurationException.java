package dev.pyvisor.config;

import java.util.List;

/**
 * What is wrong with a configuration: all of it, each with the place, the key, the value and what
 * to write instead. Secret values are not in it.
 *
 * <p>Immutable.
 */
public final class ConfigurationException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  /** The problems of several layers may be told as one. */
  public ConfigurationException(List<String> problems) {
    super(message(problems));
    this.problems = List.copyOf(problems);
  }

  /** One sentence each. */
  public List<String> problems() {
    return problems;
  }

  private static String message(List<String> problems) {
    return problems.size() == 1
        ? problems.get(0)
        : "the configuration is refused:\n  " + String.join("\n  ", problems);
  }
}
