package dev.pyvisor.error;

/**
 * The caller gave up: its thread was interrupted while it waited. What was sent goes on.
 *
 * <p>Immutable.
 */
public final class CallCancelled extends RunnerException {
  private static final long serialVersionUID = 1L;

  public CallCancelled(String runnerId, Delivery delivery, String message) {
    super(runnerId, ErrorCode.CANCELLED, delivery, message);
  }

  @Override
  public RunnerException as(Delivery delivery) {
    return new CallCancelled(runnerId(), delivery, String.valueOf(getMessage()));
  }
}
