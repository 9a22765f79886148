package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The host's own word on time: the runner ends every operation at its limit, and one that does not,
 * although it still answers pings, is hung. Then what there is to see is kept, and the runner is
 * killed; that settles everything that it had.
 *
 * <p>Thread-safe: it holds no state.
 */
final class Watchdog {
  private final Timer timer;
  private final BooleanSupplier cut;
  private final Function<String, CompletableFuture<?>> evidence;
  private final Consumer<String> hung;

  /**
   * {@code cut}: whether there is no way to the runner now; {@code evidence}: writes a report for this reason, when it is complete or its time is over;
   * {@code hung}: told that the runner is taken for hung.
   */
  Watchdog(
      Timer timer,
      BooleanSupplier cut,
      Function<String, CompletableFuture<?>> evidence,
      Consumer<String> hung) {
    this.timer = timer;
    this.cut = cut;
    this.evidence = evidence;
    this.hung = hung;
  }

  /** Watches an operation that the runner is to end within the limit from now on. */
  void watch(Operation operation, Duration limit) {
    look(operation, limit, limit.plus(Defaults.WATCHDOG_GRACE));
  }

  private void look(Operation operation, Duration limit, Duration in) {
    // In two steps: a host that was itself stopped for so long first reads what has come meanwhile.
    Duration allowance = in.minus(Defaults.PING_INTERVAL);
    Timer.Alarm alarm = timer.after(allowance, () -> lookAgain(operation, limit));
    operation.through.whenComplete((nothing, failure) -> alarm.cancel());
  }

  private void lookAgain(Operation operation, Duration limit) {
    Timer.Alarm alarm = timer.after(Defaults.PING_INTERVAL, () -> overdue(operation, limit));
    operation.through.whenComplete((nothing, failure) -> alarm.cancel());
  }

  private void overdue(Operation operation, Duration limit) {
    if (operation.through.isDone()) {
      return;
    }
    if (operation.waitsForHost() || cut.getAsBoolean()) {
      // A slow listener is no fault of the runner's, which has other sessions, too; nor is a cut,
      // after which it has as long again to tell the end.
      look(operation, limit, Defaults.WATCHDOG_GRACE);
      return;
    }
    String reason =
        "no end of "
            + operation.describe()
            + " (request id "
            + operation.id
            + ") within "
            + limit.plus(Defaults.WATCHDOG_GRACE)
            + ", "
            + Defaults.WATCHDOG_GRACE
            + " more than it may take";
    evidence
        .apply(reason)
        .whenComplete(
            (written, failure) -> {
              if (!operation.through.isDone()) {
                operation.overdue = reason;
                hung.accept(reason);
              }
            });
  }
}
