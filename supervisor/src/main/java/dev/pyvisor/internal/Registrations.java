package dev.pyvisor.internal;

import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.RunnerException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The registrations of one session's tools, one after another. Each tells the runner the whole list
 * as it is then, so one that overtook another would take the other's tools away in Python.
 *
 * <p>Thread-safe: by a semaphore, which is no lock: who waits for it has a deadline.
 */
final class Registrations {
  private final Semaphore turn = new Semaphore(1, true);

  /**
   * Runs one when those before it have been answered.
   *
   * @throws RunnerException when that is not so by the deadline, or the thread is interrupted; then
   *     nothing was registered
   */
  void run(String runnerId, Deadline by, Runnable registration) {
    try {
      if (!turn.tryAcquire(by.left().toNanos(), TimeUnit.NANOSECONDS)) {
        throw new CallTimedOut(
            runnerId,
            Delivery.NEVER_SENT,
            "tools.register: the registration before was not through within " + by.span());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Futures.interrupted(runnerId, "the registration before").as(Delivery.NEVER_SENT);
    }
    try {
      registration.run();
    } finally {
      turn.release();
    }
  }
}
