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

  private final int wireCode;
  private final @Nullable String traceback;
  private final @Nullable String data;

  /** A refusal by this side: nothing was sent. */
  public CallFailed(String runnerId, ErrorCode code, String message) {
    this(runnerId, code, code.number(), Delivery.NEVER_SENT, message, null, null);
  }

  public CallFailed(
      String runnerId,
      ErrorCode code,
      int wireCode,
      Delivery delivery,
      String message,
      @Nullable String traceback,
      @Nullable String data) {
    super(runnerId, code, delivery, message);
    this.wireCode = wireCode;
    this.traceback = traceback;
    this.data = data;
  }

  /** The number as it came over the wire, also where this version does not know it. */
  public int wireCode() {
    return wireCode;
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
        runnerId(), code(), wireCode, delivery, String.valueOf(getMessage()), traceback, data);
  }
}
