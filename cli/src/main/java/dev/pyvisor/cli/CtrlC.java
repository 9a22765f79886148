package dev.pyvisor.cli;

import dev.pyvisor.CellRun;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Outcome;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What Ctrl-C does: the first one interrupts the running cell, the second one ends the program; so
 * does the first while no cell runs. One worker thread runs the cells; each press has a thread of
 * its own.
 *
 * <p>Guarded by this.
 */
final class CtrlC {
  static final int STATUS = 130;

  /** A cell that ends sooner is its own answer. */
  private static final Duration ANSWER = Duration.ofMillis(300);

  /** For the orderly end; it takes milliseconds unless something is stuck. */
  private static final Duration ORDERLY = Duration.ofMillis(1_500);

  /** For the shutdown hooks after that; 3 s is what a second Ctrl-C may take in all. */
  private static final Duration FORCED = Duration.ofMillis(1_000);

  private final Thread worker = Thread.currentThread();
  private final PrintStream err;
  private final CountDownLatch done = new CountDownLatch(1);
  private @Nullable CellRun running;
  private boolean starting;
  private boolean used;
  private boolean closing;
  private boolean ending;

  private CtrlC(PrintStream err) {
    this.err = err;
  }

  /** Takes Ctrl-C over for the calling thread's work. */
  static CtrlC takeOver(PrintStream err) {
    CtrlC ctrlC = new CtrlC(err);
    InterruptSignal.handle(ctrlC::pressed);
    return ctrlC;
  }

  /**
   * Starts a cell and waits for it; Ctrl-C means it from before it can run.
   *
   * @throws InterruptedException when the program is to end
   */
  Outcome await(Supplier<CellRun> start) throws InterruptedException {
    starting();
    CellRun cell = null;
    try {
      cell = start.get();
    } finally {
      running(cell);
    }
    try {
      return cell.await();
    } finally {
      running(null);
    }
  }

  private synchronized void starting() {
    starting = true;
  }

  private synchronized void running(@Nullable CellRun cell) {
    running = cell;
    starting = false;
    notifyAll();
  }

  /** Whether a Ctrl-C has ended the program. */
  synchronized boolean ending() {
    return ending;
  }

  /** From now on the worker closes what it opened, and must not be interrupted at it. */
  synchronized void closing() {
    closing = true;
    Thread.interrupted();
  }

  /** The worker is done; the program ends by itself. */
  void done() {
    done.countDown();
  }

  private void pressed() {
    try {
      CellRun cell = target();
      if (cell == null || !interrupt(cell)) {
        end();
      }
    } catch (InterruptedException | ExecutionException impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** The cell that this press is for; none where it ends the program. */
  private synchronized @Nullable CellRun target() throws InterruptedException {
    if (used) {
      return null;
    }
    used = true;
    while (starting) {
      wait();
    }
    return running;
  }

  private boolean interrupt(CellRun cell) throws InterruptedException, ExecutionException {
    try {
      if (!cell.interrupt()) {
        return false;
      }
      cell.outcome().get(ANSWER.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException slow) {
      err.println(
          "pyvisor: cell " + cell.cell() + " is being interrupted; Ctrl-C again ends the program");
    } catch (RunnerException failed) {
      err.println("pyvisor: the interrupt failed: " + Failures.explain(failed));
    }
    return true;
  }

  private void end() throws InterruptedException {
    synchronized (this) {
      ending = true;
      if (!closing) {
        worker.interrupt();
      }
    }
    if (!done.await(ORDERLY.toNanos(), TimeUnit.NANOSECONDS)) {
      force();
    }
  }

  /** The worker is stuck, for example in a write to a terminal that nobody reads. */
  private static void force() throws InterruptedException {
    Thread exit = new Thread(() -> Runtime.getRuntime().exit(STATUS), "ctrl-c-exit");
    exit.setDaemon(true);
    exit.start();
    exit.join(FORCED.toMillis());
    Runtime.getRuntime().halt(STATUS);
  }
}
