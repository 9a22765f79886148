package dev.pyvisor.internal;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Room for bytes that wait to be written. Who asks first gets room first, so that a large message
 * is not passed by for ever.
 *
 * <p>Thread-safe: by a fair semaphore and an atomic flag.
 */
final class ByteBudget {
  /** More than can ever be taken, and far below overflow together with a full budget. */
  private static final int FLOOD = 1 << 30;

  private final int size;
  private final Semaphore room;
  private final AtomicBoolean opened = new AtomicBoolean();

  ByteBudget(int size) {
    this.size = size;
    this.room = new Semaphore(size, true);
  }

  /** Waits for room, at most so long. */
  boolean reserve(long bytes, Duration limit) throws InterruptedException {
    return room.tryAcquire(permits(bytes), limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Waits for room until there is some or the thread is interrupted. */
  void reserve(long bytes) throws InterruptedException {
    room.acquire(permits(bytes));
  }

  void release(long bytes) {
    room.release(permits(bytes));
  }

  /** Lets everybody in who waits: what they want to send is refused elsewhere. */
  void open() {
    // Several ends may race; the budget is opened by the first.
    if (opened.compareAndSet(false, true)) {
      room.release(FLOOD);
    }
  }

  int used() {
    return Math.max(0, size - room.availablePermits());
  }

  /** A message may be larger than the budget by its head; alone it must still pass. */
  private int permits(long bytes) {
    return (int) Math.min(bytes, size);
  }
}
