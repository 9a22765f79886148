package dev.pyvisor.config;

/**
 * Where a value was written.
 *
 * <p>Immutable.
 *
 * @param place as a message names it: a file and its line, a variable, {@code --set}
 */
public record Origin(Layer layer, String place) {
  static final Origin DEFAULT = new Origin(Layer.DEFAULT, "default");
  static final Origin ASSIGNMENT = new Origin(Layer.ASSIGNMENT, "--set");

  static Origin line(String source, int line) {
    return new Origin(Layer.DOCUMENT, source + " line " + line);
  }

  static Origin variable(String name) {
    return new Origin(Layer.ENVIRONMENT, "environment variable " + name);
  }
}
