package dev.pyvisor.agent;

/**
 * Who may call a tool, as vendors of models name it.
 *
 * <p>Immutable.
 */
public enum AllowedCaller {
  /** The model itself, which is told of the tool and waits for each answer. */
  DIRECT("direct"),
  /** Code that the model wrote, in a session. */
  CODE_EXECUTION("code_execution");

  private final String word;

  AllowedCaller(String word) {
    this.word = word;
  }

  /** The vendors' word. */
  public String word() {
    return word;
  }
}
