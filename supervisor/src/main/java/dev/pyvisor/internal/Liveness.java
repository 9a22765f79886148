package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Asks the runner whether it lives, as long as a call is open. Missed answers are counted in rings
 * of this side's own clock: a host that was stopped for a minute has missed one ring, not sixty.
 *
 * <p>Thread-safe: by atomics.
 */
final class Liveness {
  private static final byte[] BODY = new byte[0];

  private final Timer timer;
  private final Outbox outbox;
  private final CallTable calls;
  private final BooleanSupplier cut;
  private final Consumer<String> silent;
  private final AtomicBoolean armed = new AtomicBoolean();
  private final AtomicInteger missed = new AtomicInteger();

  /**
   * {@code cut}: whether there is no way to the runner now, so that it cannot answer; {@code
   * silent}: told once when the runner has not answered for too long.
   */
  Liveness(
      Timer timer,
      Outbox outbox,
      CallTable calls,
      BooleanSupplier cut,
      Consumer<String> silent) {
    this.timer = timer;
    this.outbox = outbox;
    this.calls = calls;
    this.cut = cut;
    this.silent = silent;
  }

  void callOpened() {
    // Callers race; one arms, the others find it armed.
    if (!armed.get() && armed.compareAndSet(false, true)) {
      missed.set(0);
      timer.after(Defaults.PING_INTERVAL, this::ring);
    }
  }

  void answered() {
    missed.set(0);
  }

  private void ring() {
    if (calls.size() == 0) {
      armed.set(false);
      // A call may have been opened since it was counted, and found this armed.
      if (calls.size() > 0) {
        callOpened();
      }
      return;
    }
    if (cut.getAsBoolean() && missed.get() > 0) {
      missed.set(1); // the question is on its way, once; the count goes on when the link is back
    }
    int unanswered = missed.getAndIncrement();
    if (unanswered >= Defaults.PING_LIMIT.dividedBy(Defaults.PING_INTERVAL)) {
      silent.accept("no answer to a ping for " + Defaults.PING_LIMIT);
      return;
    }
    if (unanswered == 0) {
      outbox.ping(BODY);
    }
    timer.after(Defaults.PING_INTERVAL, this::ring);
  }
}
