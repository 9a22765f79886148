package dev.pyvisor.document;

/**
 * A value cannot be sent to Python, or cannot be had as the Java type that was asked for; the message names it and what
 * would do.
 *
 * <p>Immutable.
 */
public final class DocumentException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  DocumentException(String message) {
    super(message);
  }

  DocumentException(String message, Throwable cause) {
    super(message, cause);
  }
}
