package dev.pyvisor.log;

import dev.pyvisor.Defaults;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/**
 * What waits to be written. Who tells something never waits: what there is no room for is counted,
 * and the next line says how much that was.
 *
 * <p>Guarded by this.
 */
final class LogQueue {
  private final Queue<LogLine> lines = new ArrayDeque<>();
  private long size;
  private long dropped;
  private boolean closed;

  synchronized void offer(Instant time, LogEvent event, Facts facts) {
    if (closed) {
      return;
    }
    boolean room = lines.size() < Defaults.LOG_LINES && size + facts.size() <= Defaults.LOG_QUEUED;
    // A single line may be larger than all that may wait.
    if (room || lines.isEmpty()) {
      add(time, event, facts);
    } else {
      dropped++;
    }
  }

  /** One that could not be told. */
  synchronized void missed() {
    dropped++;
  }

  private void add(Instant time, LogEvent event, Facts facts) {
    lines.add(new LogLine(time, event, facts, dropped));
    size += facts.size();
    dropped = 0;
    notifyAll();
  }

  /** The last line, for which there is always room; nothing is taken in behind it. */
  synchronized void close(Instant time, LogEvent event, Facts facts) {
    if (!closed) {
      add(time, event, facts);
      closed = true;
    }
  }

  /** Nobody writes any more. */
  synchronized void giveUp() {
    closed = true;
    lines.clear();
    size = 0;
    notifyAll();
  }

  synchronized boolean isClosed() {
    return closed;
  }

  /** Waits for lines; none: there will be no more. */
  synchronized List<LogLine> take() throws InterruptedException {
    while (lines.isEmpty() && !closed) {
      wait();
    }
    List<LogLine> taken = new ArrayList<>(lines);
    lines.clear();
    size = 0;
    return taken;
  }
}
