package dev.pyvisor.error;

/**
 * A call was not answered, or found no room in the outbound queue, within its deadline.
 *
 * <p>Immutable.
 */
public final class CallTimedOut extends RunnerException {
  private static final long serialVersionUID = 1L;

  public CallTimedOut(String runnerId, Delivery delivery, String message) {
    super(runnerId, ErrorCode.DEADLINE_EXCEEDED, delivery, message);
  }

  @Override
  public RunnerException as(Delivery delivery) {
    return new CallTimedOut(runnerId(), delivery, String.valueOf(getMessage()));
  }
}
