package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.GenerationChange;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.transport.ThreadJob;
import dev.pyvisor.transport.ThreadRoster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which runner of a client is the current one. When it has died, the next use starts another, once
 * for all who wait for it; until then nothing happens, so a runner that dies at once is started as
 * often as it is used and not more.
 *
 * <p>The start happens on a thread of its own, for who waits for it may give up earlier. It first
 * waits until nothing of the dead runner is left, so that two runners never work side by side; then
 * it opens the sessions again under their names, each with its next generation and with its tools.
 * Only when all that has succeeded do users see it.
 *
 * <p>Guarded by this; the current connection is also read without.
 */
final class Succession {
  private static final Logger LOG = LoggerFactory.getLogger(Succession.class);

  private final ClientSettings settings;
  private final Timer timer;
  private final ThreadRoster threads;
  private final IntFunction<Connection> maker;
  private final Set<SessionLife> sessions = new LinkedHashSet<>();
  private final CompletableFuture<ExitReport> exited = new CompletableFuture<>();
  private volatile Connection current; // written under the lock
  private @Nullable Start starting;
  private int made = 1;
  private boolean closed;

  /** {@code maker}: makes the connection to the runner of that number; the first is 1. */
  Succession(
      ClientSettings settings, Timer timer, ThreadRoster threads, IntFunction<Connection> maker) {
    this.settings = settings;
    this.timer = timer;
    this.threads = threads;
    this.maker = maker;
    this.current = maker.apply(made);
    if (!settings.restart()) {
      current.link().exited().thenAccept(exited::complete);
    }
  }

  /** The runner that there is, or was last. */
  Connection current() {
    return current;
  }

  /** Completes when the last runner is gone for good: with the client, or where none follows. */
  CompletableFuture<ExitReport> exited() {
    return exited;
  }

  // ---- its use ----

  /**
   * A runner that lives, as far as this side knows; waits where one has to be started.
   *
   * @throws RunnerException when none could be started, or not by the deadline
   */
  Connection usable(Deadline by) {
    Connection found = current;
    if (!found.ended()) {
      return found;
    }
    Start start = start();
    return start == null ? found : await(start, by);
  }

  /** The start that there is, or a new one; null where there is no need of one, or no way to it. */
  private synchronized @Nullable Start start() {
    if (starting != null) {
      return starting;
    }
    if (closed || !settings.restart() || !current.ended()) {
      return null;
    }
    Start start = new Start(current, maker.apply(++made), List.copyOf(sessions));
    try {
      start.thread = threads.start(ThreadJob.START, () -> run(start));
    } catch (OutOfMemoryError noThread) {
      // Another use may try again: nobody would ever end a start that has no thread.
      throw unstarted(start.next.runnerId(), noThread);
    }
    starting = start;
    return start;
  }

  private static LaunchFailed unstarted(String runnerId, OutOfMemoryError noThread) {
    return new LaunchFailed(
        runnerId, "no thread can be made to start a runner: " + noThread.getMessage(), noThread);
  }

  private Connection await(Start start, Deadline by) {
    String runnerId = start.next.runnerId();
    try {
      return start.done.get(by.left().toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof RunnerException known) {
        throw known;
      }
      throw new AssertionError("a start failed", failed.getCause());
    } catch (TimeoutException late) {
      throw new CallTimedOut(
          runnerId,
          Delivery.NEVER_SENT,
          "runner " + runnerId + ": it was not ready within " + by.span() + "; its start goes on");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Futures.interrupted(runnerId, "the start of a runner").as(Delivery.NEVER_SENT);
    }
  }

  /**
   * From now on the session is opened again on each new runner; false where its own is not the
   * current one any more.
   */
  synchronized boolean keep(SessionLife session) {
    boolean lives = session.core().link() == current.link() && starting == null && !closed;
    return lives && sessions.add(session);
  }

  synchronized void forget(SessionLife session) {
    sessions.remove(session);
  }

  // ---- the start of the next runner ----

  /**
   * One runner taking the place of another.
   *
   * <p>Thread-safe: the thread is written once, under the lock of the succession; the rest is
   * final.
   */
  private static final class Start {
    final Connection previous;
    final Connection next;
    final List<SessionLife> sessions;
    final CompletableFuture<Connection> done = new CompletableFuture<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable Thread thread;

    Start(Connection previous, Connection next, List<SessionLife> sessions) {
      this.previous = previous;
      this.next = next;
      this.sessions = sessions;
    }

    void interrupt() {
      Thread working = thread;
      if (working != null) {
        working.interrupt();
      }
    }

    /** An interrupt does not shorten it but is kept. */
    void awaitEnd(Duration limit) {
      long end = System.nanoTime() + limit.toNanos();
      boolean interrupted = false;
      while (true) {
        try {
          ended.await(end - System.nanoTime(), TimeUnit.NANOSECONDS);
          break;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void run(Start start) {
    Connection next = start.next;
    try {
      start.previous.close(Defaults.BURIAL_LIMIT);
      Deadline by = Deadline.in(timer, settings.startTimeout());
      next.launch(by);
      Map<SessionLife, SessionCore> opened = new LinkedHashMap<>();
      for (SessionLife session : start.sessions) {
        opened.put(session, next.reopen(session, by));
      }
      // Before anybody can use them: it is heard of before anything of a new cell.
      opened.values().forEach(core -> core.tell(change(start.previous, core)));
      List<SessionCore> unwanted = takeOver(start, opened);
      unwanted.forEach(core -> core.close(by));
      next.replaced(start.previous);
      LOG.warn(
          "runner {} died: {}; runner {} has taken its place, with fresh state",
          start.previous.runnerId(),
          start.previous.epitaph(),
          next.runnerId());
      start.done.complete(next);
    } catch (RuntimeException | Error failed) {
      next.giveUp("its start failed");
      start.done.completeExceptionally(over(start, failed));
    } finally {
      start.ended.countDown();
    }
  }

  /** Users see it from here on; returns what was opened for sessions that were closed meanwhile. */
  private synchronized List<SessionCore> takeOver(
      Start start, Map<SessionLife, SessionCore> opened) {
    if (closed) {
      throw start.next.closed("the client was closed");
    }
    List<SessionCore> unwanted = new ArrayList<>();
    opened.forEach(
        (session, core) -> {
          if (sessions.contains(session)) {
            session.continueAs(core);
          } else {
            unwanted.add(core);
          }
        });
    current = start.next;
    starting = null;
    return unwanted;
  }

  private static GenerationChange change(Connection dead, SessionCore fresh) {
    StateReport state = StateReport.fresh("the runner died (" + dead.epitaph() + ")");
    return new GenerationChange(fresh.generation(), "supervisor_died", state);
  }

  /** Another use may try again. */
  private synchronized Throwable over(Start start, Throwable failed) {
    starting = null;
    if (closed) {
      return start.next.closed("the client was closed");
    }
    return failed instanceof RunnerException known ? start.next.launchFailed(known) : failed;
  }

  // ---- its end ----

  /** No runner is started any more, and everything that waits for one fails at once. */
  void abandon(String reason) {
    Start start;
    synchronized (this) {
      closed = true;
      start = starting;
    }
    if (start != null) {
      start.next.kill(reason);
      start.next.abandon(reason);
      start.done.completeExceptionally(start.next.closed(reason));
    }
    current.abandon(reason);
  }

  /** Ends the runner, also one that is only being started; after {@link #abandon}. */
  void close() {
    Start start;
    synchronized (this) {
      start = starting;
    }
    if (start != null) {
      start.interrupt();
    }
    current.close(Defaults.CLOSE_GRACE);
    if (start != null) {
      start.awaitEnd(Defaults.CLOSE_GRACE);
    }
    current.link().exited().thenAccept(exited::complete);
  }

  /** What there is of the current runner and of one that is being started. */
  List<String> evidence() {
    List<String> facts = new ArrayList<>(current.evidence());
    Start start;
    synchronized (this) {
      start = starting;
    }
    if (start != null) {
      facts.add("runner " + start.next.runnerId() + " is being started");
      facts.addAll(start.next.evidence());
    }
    return facts;
  }
}
