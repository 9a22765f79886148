package dev.pyvisor.internal;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks one after another, in the order in which they were posted, on threads of an executor.
 * What bounds it are the credit of the streams and the permits for events, which are given back
 * when a task has run.
 *
 * <p>Guarded by this.
 */
final class Mailbox {
  private static final Logger LOG = LoggerFactory.getLogger(Mailbox.class);

  /**
   * The mailbox whose task the current thread runs: how a listener that calls its own session back
   * is noticed.
   */
  private static final ThreadLocal<Mailbox> RUNNING = new ThreadLocal<>();

  private final Executor executor;
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private boolean busy;

  /** {@code executor}: refuses nothing. */
  Mailbox(Executor executor) {
    this.executor = executor;
  }

  /** Runs the task when all before it have run. */
  void post(Runnable task) {
    synchronized (this) {
      tasks.add(task);
      if (busy) {
        return;
      }
      busy = true;
    }
    schedule();
  }

  /**
   * Like {@link #post}, but at once on this thread where nothing is before it. For short tasks
   * without user code.
   */
  void postInline(Runnable task) {
    synchronized (this) {
      if (busy) {
        tasks.add(task);
        return;
      }
      busy = true;
    }
    try {
      task.run();
    } finally {
      if (!rests()) {
        schedule();
      }
    }
  }

  /** Whether this thread is inside one of this mailbox's posted tasks. */
  boolean runsHere() {
    return RUNNING.get() == this;
  }

  private synchronized boolean rests() {
    busy = !tasks.isEmpty();
    return !busy;
  }

  private void schedule() {
    executor.execute(this::drain);
  }

  private void drain() {
    Mailbox outer = RUNNING.get();
    RUNNING.set(this);
    try {
      while (true) {
        Runnable task;
        synchronized (this) {
          task = tasks.poll();
          if (task == null) {
            busy = false;
            return;
          }
        }
        run(task);
      }
    } finally {
      if (outer == null) {
        RUNNING.remove();
      } else {
        RUNNING.set(outer);
      }
    }
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error defect) {
      // The next task must run whatever this one did: a cell's end may be behind it.
      LOG.error("a task of a session failed", defect);
    }
  }
}
