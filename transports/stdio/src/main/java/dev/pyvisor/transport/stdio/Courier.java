package dev.pyvisor.transport.stdio;

import dev.pyvisor.wire.Frame;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hands frames to the host in the order in which they were decided on, one at a time, although
 * several threads decide: whoever comes while nobody hands over does it for all, and holds no lock
 * meanwhile. To the host they are one reader. What waits is bounded by what may be open: credit,
 * tool calls, requests.
 *
 * <p>Guarded by this.
 */
final class Courier {
  private final Consumer<Frame> host;
  private final Queue<Frame> waiting = new ArrayDeque<>();
  private boolean busy;
  private boolean over;

  Courier(Consumer<Frame> host) {
    this.host = host;
  }

  /** Takes a frame in; it goes with the next {@link #deliver}. Waits for nothing. */
  synchronized void add(Frame frame) {
    if (!over) {
      waiting.add(frame);
    }
  }

  /** Hands over what waits, unless another thread is about it: then that one does. */
  void deliver() {
    synchronized (this) {
      if (busy) {
        return;
      }
      busy = true;
    }
    try {
      for (Frame frame = next(); frame != null; frame = next()) {
        host.accept(frame);
      }
    } catch (RuntimeException | Error problem) {
      end();
      throw problem;
    }
  }

  /** Waits until nothing waits and nothing is being handed over; false when the time is over. */
  synchronized boolean awaitIdle(long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    while (busy || !waiting.isEmpty()) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    return true;
  }

  /** Nothing is handed over any more. */
  synchronized void end() {
    over = true;
    busy = false;
    waiting.clear();
    notifyAll();
  }

  /** The next one; null: there is none, and who comes next begins anew. */
  private synchronized @Nullable Frame next() {
    Frame frame = waiting.poll();
    busy = frame != null;
    if (!busy) {
      notifyAll();
    }
    return frame;
  }
}
