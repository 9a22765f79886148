package dev.pyvisor.mcp.lines;

import java.util.concurrent.ThreadFactory;

/**
 * Threads that keep no program alive.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class Daemons {
  private Daemons() {}

  /** Starts one. */
  public static void start(String name, Runnable work) {
    thread(name, work).start();
  }

  /** Makes them, all under one name. */
  public static ThreadFactory named(String name) {
    return work -> thread(name, work);
  }

  /** One that is not started yet. */
  public static Thread thread(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }
}
