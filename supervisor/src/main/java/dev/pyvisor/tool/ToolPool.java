package dev.pyvisor.tool;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The threads that tools run on. An idle thread is used before another is made, which the JDK's
 * pools do only without a limit or without a queue; beyond the limit calls wait in their order. How
 * many may wait is bounded where calls are let in.
 *
 * <p>A thread whose call nobody waits for any more, and which does not heed its interrupt, is given
 * up: another may run in its place, as long as there are not too many such threads.
 *
 * <p>Guarded by this.
 */
public final class ToolPool {
  private static final long IDLE_SECONDS = 10;

  private final int limit;
  private final int mostLeaked;
  private final ThreadPoolExecutor threads;
  private final Deque<Task> waiting = new ArrayDeque<>();
  private int running;
  private int leaked;
  private boolean closed;

  /**
   * Why no thread runs a call.
   *
   * <p>Immutable.
   *
   * @param limit the name of the limit
   * @param current how much of it is used
   * @param max the limit itself
   * @param text one line for people
   */
  public record Exhausted(String limit, int current, int max, String text) {}

  /** Fields are guarded by the pool. */
  private static final class Task extends FutureTask<@Nullable Void> {
    final Consumer<Exhausted> refused;
    boolean begun;
    boolean given;

    Task(Runnable call, Consumer<Exhausted> refused) {
      super(call, null);
      this.refused = refused;
    }
  }

  /**
   * Makes a pool without a thread.
   *
   * @param limit how many tools run at once
   * @param mostLeaked how many threads may be given up; beyond it calls are refused
   */
  public ToolPool(int limit, int mostLeaked, ThreadFactory factory) {
    this.limit = limit;
    this.mostLeaked = mostLeaked;
    // As many threads as calls run, which is what is limited here.
    this.threads =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            factory);
  }

  /**
   * Has a call run. Returns at once. Where no thread can run it, now or later, {@code refused} is
   * told instead, on whatever thread finds that out; it must not wait.
   *
   * @throws RejectedExecutionException when the pool is closed
   */
  public Future<?> submit(Runnable call, Consumer<Exhausted> refused) {
    Task task = new Task(call, refused);
    switch (enter(task)) {
      case BEGINS -> start(task);
      case WAITS -> {}
      case REFUSED -> refused.accept(tooManyLeaked());
    }
    return task;
  }

  private enum Entry {
    BEGINS,
    WAITS,
    REFUSED
  }

  private synchronized Entry enter(Task task) {
    if (closed) {
      throw new RejectedExecutionException("the tool threads are closed");
    }
    if (leaked >= mostLeaked) {
      return Entry.REFUSED;
    }
    if (running < limit) {
      running++;
      return Entry.BEGINS;
    }
    waiting.add(task);
    return Entry.WAITS;
  }

  /** Runs a task that counts as running on a thread of its own. */
  private void start(Task task) {
    try {
      threads.execute(() -> runFrom(task));
    } catch (OutOfMemoryError noThread) {
      List<Task> stranded = strand(task);
      stranded.forEach(each -> each.refused.accept(noThread(noThread)));
    } catch (RejectedExecutionException closing) {
      strand(task);
      throw closing;
    }
  }

  /** The machine gives no more threads: those that there are take the call, if there is one. */
  private synchronized List<Task> strand(Task task) {
    running--;
    waiting.addFirst(task);
    if (running > 0) {
      return List.of();
    }
    List<Task> stranded = new ArrayList<>(waiting);
    waiting.clear();
    return stranded;
  }

  /** Interrupts the call where it runs, and keeps nothing of it where it waits. */
  public void cancel(Future<?> call) {
    call.cancel(true);
    synchronized (this) {
      waiting.removeIf(task -> task == call);
    }
  }

  /**
   * Gives up the thread of a cancelled call, and runs what waits on another.
   *
   * @return false where no thread runs it, or it was given up before
   */
  public boolean giveUp(Future<?> call) {
    Task next;
    synchronized (this) {
      if (!(call instanceof Task task) || !task.begun || task.given) {
        return false;
      }
      task.given = true;
      leaked++;
      next = waiting.poll();
      if (next == null) {
        running--;
      }
    }
    if (next != null) {
      startIfOpen(next);
    }
    return true;
  }

  private void startIfOpen(Task task) {
    try {
      start(task);
    } catch (RejectedExecutionException closing) {
      // With the pool every call is over.
    }
  }

  /** How many threads were given up and have not come back. */
  public synchronized int leaked() {
    return leaked;
  }

  /** Interrupts what runs, forgets what waits. Does not wait for a tool that ignores it. */
  public void close() {
    synchronized (this) {
      closed = true;
      waiting.clear();
    }
    threads.shutdownNow();
  }

  private void runFrom(Task first) {
    for (Task task = first; task != null; task = next(task)) {
      begin(task);
      task.run();
      if (!threads.isShutdown()) {
        Thread.interrupted(); // one call's cancel must not be the next one's
      }
    }
  }

  private synchronized void begin(Task task) {
    task.begun = true;
  }

  /** What the thread of a finished task does next. */
  private synchronized @Nullable Task next(Task finished) {
    finished.begun = false;
    if (finished.given) {
      leaked--;
      if (running >= limit || waiting.isEmpty()) {
        return null;
      }
      running++;
    }
    Task task = waiting.poll();
    if (task == null) {
      running--;
    }
    return task;
  }

  private synchronized Exhausted tooManyLeaked() {
    return new Exhausted(
        "leaked_tool_threads",
        leaked,
        mostLeaked,
        leaked
            + " threads run tools that were cancelled and do not heed their interrupt, which is the"
            + " limit; make those tools end when their thread is interrupted");
  }

  private Exhausted noThread(OutOfMemoryError reason) {
    return new Exhausted(
        "tool_threads", 0, limit, "no thread can be made for a tool: " + reason.getMessage());
  }
}
