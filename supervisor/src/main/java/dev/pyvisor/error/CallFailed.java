package dev.pyvisor.error;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A call was refused: by the runner, or by this side before it was sent. Code and text are those of
 * the error table.
 *
 * <p>Immutable.
 */
public final class CallFailed extends RunnerException {
  private static final long serialVersionUID = 1L;

  private static final int TOO_MANY = 429;
  private static final int UNAVAILABLE = 503;

  private final int wireCode;
  private final int status;
  private final @Nullable String traceback;
  private final @Nullable String data;

  /** A refusal by this side: nothing was sent. */
  public CallFailed(String runnerId, ErrorCode code, String message) {
    this(runnerId, code, code.number(), Delivery.NEVER_SENT, message, null, null);
  }

  /** A refusal whose status is that of its code. */
  public CallFailed(
      String runnerId,
      ErrorCode code,
      int wireCode,
      Delivery delivery,
      String message,
      @Nullable String traceback,
      @Nullable String data) {
    this(runnerId, code, wireCode, code.status(), delivery, message, traceback, data);
  }

  /** A refusal as it came over the wire. */
  public CallFailed(
      String runnerId,
      ErrorCode code,
      int wireCode,
      int status,
      Delivery delivery,
      String message,
      @Nullable String traceback,
      @Nullable String data) {
    super(runnerId, code, delivery, message);
    this.wireCode = wireCode;
    this.status = status;
    this.traceback = traceback;
    this.data = data;
  }

  /** The number as it came over the wire, also where this version does not know it. */
  public int wireCode() {
    return wireCode;
  }

  /** Of a code that this version does not know, what came along with it (ERR-2). */
  @Override
  public int status() {
    return status;
  }

  @Override
  public Retry retry() {
    boolean known = code().number() == wireCode;
    boolean later = status == TOO_MANY || status == UNAVAILABLE;
    return known || !later ? code().retry() : Retry.BACKOFF;
  }

  /** The Python traceback, where code of the user's failed. */
  public Optional<String> traceback() {
    return Optional.ofNullable(traceback);
  }

  /** The error's data as JSON text, where it came with some. */
  public Optional<String> data() {
    return Optional.ofNullable(data);
  }

  @Override
  public RunnerException as(Delivery delivery) {
    return new CallFailed(
        runnerId(),
        code(),
        wireCode,
        status,
        delivery,
        String.valueOf(getMessage()),
        traceback,
        data);
  }
}
