package dev.pyvisor.error;

import static dev.pyvisor.error.Retry.BACKOFF;
import static dev.pyvisor.error.Retry.NEVER;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The error table of PROTOCOL.md section 11.
 *
 * <p>Immutable.
 */
public enum ErrorCode {
  PARSE_ERROR(-32700, 400, NEVER),
  INVALID_REQUEST(-32600, 400, NEVER),
  METHOD_NOT_FOUND(-32601, 404, NEVER),
  INVALID_ARGUMENT(-32602, 400, NEVER),
  INTERNAL(-32603, 500, NEVER),
  SESSION_NOT_FOUND(-32001, 404, NEVER),
  TOOL_NOT_FOUND(-32002, 404, NEVER),
  INVALID_STATE(-32003, 409, NEVER),
  MESSAGE_TOO_LARGE(-32004, 413, NEVER),
  EXECUTION_FAILED(-32005, 422, NEVER),
  RESOURCE_EXHAUSTED(-32006, 429, BACKOFF),
  CANCELLED(-32007, 499, NEVER),
  DEADLINE_EXCEEDED(-32008, 504, NEVER),
  DRAINING(-32009, 503, BACKOFF),
  TOOL_FAILED(-32010, 424, NEVER),
  REENTRANT_CALL(-32011, 409, NEVER),
  VERSION_UNSUPPORTED(-32012, 426, NEVER),
  MALFORMED_FRAME(-32013, 400, NEVER),
  OUTPUT_INTEGRITY(-32014, 502, NEVER),
  KERNEL_DIED(-32015, 410, NEVER),
  UNAUTHENTICATED(-32016, 401, NEVER),
  PERMISSION_DENIED(-32017, 403, NEVER),
  ORIGIN_FORBIDDEN(-32018, 403, NEVER),
  NOT_FOUND(-32019, 404, NEVER),
  ATTACH_TIMEOUT(-32020, 408, BACKOFF),
  ALREADY_ATTACHED(-32021, 409, NEVER),
  EPOCH_CHANGED(-32022, 410, NEVER),
  SESSION_EXPIRED(-32023, 410, NEVER),
  TRANSPORT_POISON(-32024, 502, NEVER),
  FILE_NOT_FOUND(-32025, 404, NEVER),
  FILE_EXISTS(-32026, 409, NEVER),
  FILE_REFUSED(-32027, 422, NEVER),
  FILE_CHANGED(-32028, 409, NEVER);

  private static final Map<String, ErrorCode> BY_NAME =
      Arrays.stream(values()).collect(Collectors.toMap(ErrorCode::wireName, Function.identity()));

  private final int number;
  private final int status;
  private final Retry retry;

  ErrorCode(int number, int status, Retry retry) {
    this.number = number;
    this.status = status;
    this.retry = retry;
  }

  /** The number on the wire. */
  public int number() {
    return number;
  }

  /** The HTTP status that says about the same. */
  public int status() {
    return status;
  }

  public Retry retry() {
    return retry;
  }

  /** The name on the wire. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The code of that name; {@link #INTERNAL} for one that this version does not know (ERR-2). */
  public static ErrorCode ofWireName(String name) {
    return BY_NAME.getOrDefault(name, INTERNAL);
  }

  /** The code of that name, if this version knows it. */
  public static Optional<ErrorCode> known(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  /** The code of that number; {@link #INTERNAL} for one that this version does not know (ERR-2). */
  public static ErrorCode ofNumber(int number) {
    for (ErrorCode code : values()) {
      if (code.number == number) {
        return code;
      }
    }
    return INTERNAL;
  }
}
