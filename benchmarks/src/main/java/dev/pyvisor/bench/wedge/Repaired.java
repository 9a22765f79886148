package dev.pyvisor.bench.wedge;

import dev.pyvisor.bench.BenchLimits;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * How a child is talked to without wedging: one thread reads and only reads, one writes from a
 * queue bounded in bytes, one drains stderr; whoever calls waits for the queues, never in a write,
 * and always with a deadline.
 *
 * <p>Thread-safe: by its queues.
 */
final class Repaired {
  private static final int QUEUED_BYTES = 16 << 20;
  private static final int QUEUED_MESSAGES = 64;
  private static final long DEADLINE_MILLIS = BenchLimits.OPERATION.toMillis();

  private final BlockingQueue<byte[]> inbox = new ArrayBlockingQueue<>(QUEUED_MESSAGES);
  private final BlockingQueue<byte[]> outbox = new ArrayBlockingQueue<>(QUEUED_MESSAGES);
  private final Semaphore space = new Semaphore(QUEUED_BYTES);

  Repaired(Wire wire, Framing framing) {
    wire.start("reader", () -> read(wire, framing));
    wire.start("writer", () -> write(wire, framing));
    wire.start("stderr", () -> wire.err().transferTo(OutputStream.nullOutputStream()));
  }

  /** Queues a message; fails when there is no room before the deadline. */
  void send(byte[] message) throws InterruptedException, TimeoutException {
    if (!space.tryAcquire(message.length, DEADLINE_MILLIS, TimeUnit.MILLISECONDS)) {
      throw new TimeoutException("the outbound queue stayed full");
    }
    outbox.add(message);
  }

  /** The next message; fails when there is none before the deadline. */
  byte[] receive() throws InterruptedException, TimeoutException {
    byte[] message = inbox.poll(DEADLINE_MILLIS, TimeUnit.MILLISECONDS);
    if (message == null) {
      throw new TimeoutException("no message in time");
    }
    return message;
  }

  private void read(Wire wire, Framing framing) throws IOException {
    BufferedInputStream in = new BufferedInputStream(wire.in());
    while (true) {
      // A full inbox is an error here, not a wait: the reader waits for its input only.
      inbox.add(framing.read(in));
    }
  }

  private void write(Wire wire, Framing framing) throws IOException, InterruptedException {
    while (true) {
      byte[] message = outbox.take();
      framing.write(wire.out(), message);
      space.release(message.length);
    }
  }
}
