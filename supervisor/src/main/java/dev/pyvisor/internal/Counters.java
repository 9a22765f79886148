package dev.pyvisor.internal;

import java.util.concurrent.atomic.LongAdder;

/**
 * What was dropped, because a rule says so; nothing is dropped without being counted.
 *
 * <p>Thread-safe: by adders.
 */
public final class Counters {
  final LongAdder lateReplies = new LongAdder();
  final LongAdder staleFrames = new LongAdder();
  final LongAdder ignoredNotifications = new LongAdder();
  final LongAdder lateOutputBytes = new LongAdder();
  final LongAdder droppedLogRecords = new LongAdder();

  /** Replies whose id was unknown, or not open any more (SES-4), and late answers of tools. */
  public long lateReplies() {
    return lateReplies.sum();
  }

  /** Messages of a generation that had ended (LIF-8). */
  public long staleFrames() {
    return staleFrames.sum();
  }

  public long ignoredNotifications() {
    return ignoredNotifications.sum();
  }

  public long lateOutputBytes() {
    return lateOutputBytes.sum();
  }

  public long droppedLogRecords() {
    return droppedLogRecords.sum();
  }
}
