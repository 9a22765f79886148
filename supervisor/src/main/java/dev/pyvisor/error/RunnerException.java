package dev.pyvisor.error;

/**
 * A call to a runner failed. What a cell did is never told by an exception but by its outcome;
 * these are for misuse, for launching and for the other verbs.
 *
 * <p>Immutable.
 */
public abstract sealed class RunnerException extends RuntimeException
    permits LaunchFailed,
        RunnerGone,
        TransportLost,
        CallFailed,
        CallTimedOut,
        CallCancelled,
        ProtocolViolated {
  private static final long serialVersionUID = 1L;

  private final String runnerId;
  private final ErrorCode code;
  private final Delivery delivery;

  RunnerException(String runnerId, ErrorCode code, Delivery delivery, String message) {
    super(message);
    this.runnerId = runnerId;
    this.code = code;
    this.delivery = delivery;
  }

  /** The row of the error table that this failure belongs to. */
  public ErrorCode code() {
    return code;
  }

  /** The HTTP status that says about the same; 500 and above is never a fault of the caller's. */
  public int status() {
    return code.status();
  }

  /** Whether the same request may succeed later. */
  public Retry retry() {
    return code.retry();
  }

  /** Whether the request reached the runner. */
  public Delivery delivery() {
    return delivery;
  }

  /** The runner's id, as in thread names, logs and the environment of its processes. */
  public String runnerId() {
    return runnerId;
  }

  /** The same failure as seen by another call, whose request came as far as {@code delivery}. */
  public abstract RunnerException as(Delivery delivery);
}
