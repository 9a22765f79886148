package dev.pyvisor.error;

/**
 * The channel to the runner broke or fell silent; its process may live.
 *
 * <p>Immutable.
 */
public final class TransportLost extends RunnerException {
  private static final long serialVersionUID = 1L;

  private final String detail;

  public TransportLost(String runnerId, Delivery delivery, String detail) {
    super(
        runnerId,
        ErrorCode.INTERNAL,
        delivery,
        "runner " + runnerId + ": the channel is lost: " + detail);
    this.detail = detail;
  }

  @Override
  public RunnerException as(Delivery delivery) {
    return new TransportLost(runnerId(), delivery, detail);
  }
}
