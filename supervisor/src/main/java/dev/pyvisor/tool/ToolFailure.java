package dev.pyvisor.tool;

import org.jspecify.annotations.Nullable;

/**
 * A tool's failure with data for the Python code: {@code error.data}. Its message is the message of
 * the Python exception.
 *
 * <p>Immutable.
 */
public class ToolFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient @Nullable Object data;

  /** A failure that its message says all about. */
  public ToolFailure(String message) {
    this(message, null);
  }

  /** A failure whose {@code data} is sent like a tool's result. */
  public ToolFailure(String message, @Nullable Object data) {
    super(message);
    this.data = data;
  }

  /** What Python finds in {@code error.data}. */
  public @Nullable Object data() {
    return data;
  }
}
