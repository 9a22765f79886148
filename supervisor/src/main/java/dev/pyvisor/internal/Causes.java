package dev.pyvisor.internal;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.error.ProtocolViolated;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.error.RunnerGone;
import dev.pyvisor.error.TransportLost;
import dev.pyvisor.outcome.Cause;
import dev.pyvisor.outcome.StateReport;

/**
 * Exceptions as words in an outcome.
 *
 * <p>Immutable.
 */
final class Causes {
  private Causes() {}

  static Cause of(RunnerException failure) {
    return new Cause(kind(failure), String.valueOf(failure.getMessage()));
  }

  /** What a runner died of, one line; the verdict on all that it had. */
  static String epitaph(RunnerException verdict) {
    return verdict instanceof RunnerGone gone
        ? gone.report().text()
        : String.valueOf(verdict.getMessage());
  }

  /** The state where the next use starts another runner: for what its runner's death has ended. */
  static StateReport stateOfNext(RunnerException failure) {
    return diedWithRunner(failure)
        ? StateReport.fresh("the runner died (" + epitaph(failure) + ")")
        : state(failure);
  }

  private static boolean diedWithRunner(RunnerException failure) {
    return failure instanceof RunnerGone gone
        ? gone.report().exitStatus().isPresent()
        : failure instanceof TransportLost || failure instanceof ProtocolViolated;
  }

  /**
   * The state as far as this side can know: with runner, session or kernel it is gone, else nobody
   * touched it.
   */
  static StateReport state(RunnerException failure) {
    return endsState(failure) ? StateReport.none() : StateReport.live();
  }

  private static boolean endsState(RunnerException failure) {
    return failure instanceof RunnerGone
        || failure instanceof TransportLost
        || failure instanceof ProtocolViolated
        || failure.code() == ErrorCode.DRAINING
        || failure.code() == ErrorCode.SESSION_NOT_FOUND
        || failure.code() == ErrorCode.KERNEL_DIED
        || failure.code() == ErrorCode.EXECUTION_FAILED;
  }

  private static String kind(RunnerException failure) {
    if (failure instanceof RunnerGone gone) {
      if (gone.report().refused().isPresent()) {
        return gone.code().wireName();
      }
      // Without an exit status nobody died: the client was closed.
      return gone.report().exitStatus().isPresent() ? "runner_gone" : "closed";
    }
    if (failure instanceof LaunchFailed) {
      return "launch_failed";
    }
    if (failure instanceof TransportLost) {
      return "transport_lost";
    }
    if (failure instanceof ProtocolViolated) {
      return "protocol_violated";
    }
    return failure.code() == ErrorCode.SESSION_NOT_FOUND ? "closed" : failure.code().wireName();
  }
}
