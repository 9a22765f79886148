package dev.pyvisor.mcp.lines;

import dev.pyvisor.mcp.McpLimits;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Messages on their way to one client. Nobody waits to put one in; one thread writes them. The
 * SDK's own queue fails when two threads put something in at the same moment, for longer than it
 * spins.
 *
 * <p>Guarded by this; what is written is written without the lock.
 */
public final class Outlet {
  private final Deque<byte[]> waiting = new ArrayDeque<>();
  private final CountDownLatch drained = new CountDownLatch(1);
  private long bytes;
  private boolean ended;
  private boolean broken;

  /** Puts an answer in. False when the client is dead, or takes nothing and is to be given up. */
  public synchronized boolean add(byte[] message) {
    if (ended || bytes + message.length > McpLimits.WAITING_BYTES) {
      broken = true;
      notifyAll();
      return false;
    }
    push(message);
    return true;
  }

  /** Puts a notification in, unless much waits already: then it is left out. */
  public synchronized void offer(byte[] message) {
    if (!ended && !broken && bytes + message.length <= McpLimits.WAITING_PROGRESS) {
      push(message);
    }
  }

  private void push(byte[] message) {
    waiting.add(message);
    bytes += message.length;
    notifyAll();
  }

  /** What is in leaves; nothing more comes in. */
  public synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** Writes until the end, in the thread that calls. */
  public void drain(OutputStream out) throws IOException {
    try {
      for (byte[] message = next(); message.length > 0; message = next()) {
        out.write(message);
        if (idle()) {
          out.flush();
        }
      }
      out.flush();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    } finally {
      end();
      drained.countDown();
    }
  }

  /** Waits until all is written, or nobody writes any more. */
  public boolean awaitDrained() throws InterruptedException {
    return drained.await(McpLimits.FLUSH.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** The next message; an empty one at the end. */
  private synchronized byte[] next() throws InterruptedException, IOException {
    while (waiting.isEmpty() && !ended && !broken) {
      wait();
    }
    if (broken && !ended) {
      throw new IOException(bytes + " bytes wait, and the client does not read them");
    }
    byte[] message = waiting.poll();
    if (message == null) {
      return new byte[0];
    }
    bytes -= message.length;
    return message;
  }

  private synchronized boolean idle() {
    return waiting.isEmpty();
  }
}
