package dev.pyvisor.internal;

import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
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

  /** The state as far as this side can know: with the runner it is gone, else nobody touched it. */
  static StateReport state(RunnerException failure) {
    return endsRunner(failure) ? StateReport.none() : StateReport.live();
  }

  private static boolean endsRunner(RunnerException failure) {
    return failure instanceof RunnerGone
        || failure instanceof TransportLost
        || failure instanceof ProtocolViolated
        || (failure instanceof CallFailed && failure.code() == ErrorCode.DRAINING);
  }

  private static String kind(RunnerException failure) {
    if (failure instanceof RunnerGone) {
      return "runner_gone";
    }
    if (failure instanceof TransportLost) {
      return "transport_lost";
    }
    if (failure instanceof ProtocolViolated) {
      return "protocol_violated";
    }
    return failure.code() == ErrorCode.DRAINING ? "closed" : failure.code().wireName();
  }
}
