package dev.pyvisor.transport.stdio;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * The lines that wait for the writer. Nobody blocks here but the writer itself; what is in it is
 * bounded by the credit that the host is given while it empties.
 *
 * <p>Guarded by this.
 */
final class LineQueue {
  /**
   * What a line is for: an answer is worth nothing once its cell has ended.
   *
   * <p>Immutable.
   */
  enum Kind {
    REQUEST,
    ANSWER
  }

  private record Line(Kind kind, byte[] bytes) {}

  private final Deque<Line> lines = new ArrayDeque<>();
  private int written; // of the first line
  private long waiting; // bytes of all of them
  private boolean ended;

  /** {@code line}: with its end. */
  synchronized void add(Kind kind, byte[] line) {
    if (ended) {
      return;
    }
    lines.add(new Line(kind, line));
    waiting += line.length;
    notifyAll();
  }

  /** Takes back the answers that are not begun. */
  synchronized void dropAnswers() {
    boolean first = true;
    for (Iterator<Line> each = lines.iterator(); each.hasNext(); first = false) {
      Line line = each.next();
      boolean begun = first && written > 0;
      if (line.kind == Kind.ANSWER && !begun) {
        each.remove();
        waiting -= line.bytes.length;
      }
    }
  }

  /** Nothing is taken in any more; what is there is still written. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** Waits for bytes and appends as many as fit; false when nothing will ever come again. */
  synchronized boolean take(ByteBuffer into) throws InterruptedException {
    while (lines.isEmpty()) {
      if (ended) {
        return false;
      }
      wait();
    }
    while (!lines.isEmpty() && into.hasRemaining()) {
      byte[] line = lines.element().bytes;
      int step = Math.min(into.remaining(), line.length - written);
      into.put(line, written, step);
      written += step;
      waiting -= step;
      if (written == line.length) {
        lines.remove();
        written = 0;
      }
    }
    return true;
  }

  /** Bytes that the writer has not taken. */
  synchronized long waiting() {
    return waiting;
  }
}
