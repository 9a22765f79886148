package dev.pyvisor.error;

/**
 * The runner's process ended, or the client was closed.
 *
 * <p>Immutable.
 */
public final class RunnerGone extends RunnerException {
  private static final long serialVersionUID = 1L;

  private final transient ExitReport report;

  public RunnerGone(String runnerId, Delivery delivery, ExitReport report) {
    super(
        runnerId,
        report.refused().orElse(ErrorCode.KERNEL_DIED),
        delivery,
        "runner " + runnerId + " is gone: " + report.text());
    this.report = report;
  }

  /** How it ended. */
  public ExitReport report() {
    return report;
  }

  @Override
  public RunnerException as(Delivery delivery) {
    return new RunnerGone(runnerId(), delivery, report);
  }
}
