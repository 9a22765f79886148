package dev.pyvisor.error;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A runner could not be started; nothing of it is left. The message names what was tried, what was
 * found and the fix.
 *
 * <p>Immutable.
 */
public final class LaunchFailed extends RunnerException {
  private static final long serialVersionUID = 1L;

  private final transient @Nullable ExitReport report;

  public LaunchFailed(String runnerId, String message) {
    this(runnerId, ErrorCode.EXECUTION_FAILED, message, null);
  }

  public LaunchFailed(String runnerId, String message, Throwable cause) {
    this(runnerId, message);
    initCause(cause);
  }

  public LaunchFailed(
      String runnerId, ErrorCode code, String message, @Nullable ExitReport report) {
    super(runnerId, code, Delivery.NEVER_SENT, message);
    this.report = report;
  }

  /** How the process ended, if one was started. */
  public Optional<ExitReport> report() {
    return Optional.ofNullable(report);
  }

  @Override
  public RunnerException as(Delivery delivery) {
    return this;
  }
}
