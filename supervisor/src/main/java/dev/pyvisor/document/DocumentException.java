package dev.pyvisor.document;

import dev.pyvisor.error.ErrorCode;
import org.jspecify.annotations.Nullable;

/**
 * A value cannot be sent to Python, or cannot be had as the Java type that was asked for; the
 * message names it and what would do.
 *
 * <p>Immutable.
 */
public final class DocumentException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  DocumentException(String message, @Nullable Throwable cause) {
    this(ErrorCode.INVALID_ARGUMENT, message, cause);
  }

  DocumentException(ErrorCode code, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** {@link ErrorCode#INVALID_ARGUMENT}, or {@link ErrorCode#MESSAGE_TOO_LARGE}. */
  public ErrorCode code() {
    return code;
  }
}
