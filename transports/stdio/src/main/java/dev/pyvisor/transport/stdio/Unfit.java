package dev.pyvisor.transport.stdio;

import dev.pyvisor.error.ErrorCode;

/**
 * Something has no form in the dialect, or came in none; the message says what, and what would do.
 *
 * <p>Immutable.
 */
final class Unfit extends Exception {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  Unfit(String message) {
    this(ErrorCode.INVALID_ARGUMENT, message);
  }

  Unfit(ErrorCode code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  ErrorCode code() {
    return code;
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
