package dev.pyvisor.transport;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes the threads of a client, or of one of its runners: daemons named {@code runner-<id>-<job>}.
 *
 * <p>Thread-safe: by concurrent collections.
 */
public final class ThreadRoster {
  private final String runnerId;
  private final ThreadFactory maker;
  private final Set<Thread> alive = ConcurrentHashMap.newKeySet();
  private final AtomicInteger pooled = new AtomicInteger();

  public ThreadRoster(String runnerId) {
    this(runnerId, Thread::new);
  }

  /** {@code maker}: makes the threads, whose names and kind are this one's to say. */
  public ThreadRoster(String runnerId, ThreadFactory maker) {
    this.runnerId = runnerId;
    this.maker = maker;
  }

  /** The name of the one thread that does this job. */
  public String name(ThreadJob job) {
    return "runner-" + runnerId + "-" + job.word();
  }

  /**
   * Starts the one thread that does this job.
   *
   * @throws OutOfMemoryError when the machine gives no more threads
   */
  public Thread start(ThreadJob job, Runnable work) {
    Thread thread = make(name(job), work);
    thread.start();
    return thread;
  }

  /** A factory for a pool of threads that do this job; each has a number behind its name. */
  public ThreadFactory factory(ThreadJob job) {
    return work -> make(name(job) + "-" + pooled.incrementAndGet(), work);
  }

  /** The threads that have not ended. */
  public Set<Thread> alive() {
    return Set.copyOf(alive);
  }

  private Thread make(String name, Runnable work) {
    Thread thread =
        maker.newThread(
            () -> {
              alive.add(Thread.currentThread());
              try {
                work.run();
              } finally {
                alive.remove(Thread.currentThread());
              }
            });
    thread.setName(name);
    thread.setDaemon(true);
    return thread;
  }
}
