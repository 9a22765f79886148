package dev.pyvisor.internal;

import java.util.concurrent.atomic.LongAdder;

/**
 * What was dropped, because a rule says so, and what was given up; neither happens without being
 * counted.
 *
 * <p>Thread-safe: by adders.
 */
public final class Counters {
  final LongAdder lateReplies = new LongAdder();
  final LongAdder staleFrames = new LongAdder();
  final LongAdder ignoredNotifications = new LongAdder();
  final LongAdder lateOutputBytes = new LongAdder();
  final LongAdder droppedLogRecords = new LongAdder();
  final LongAdder expiredToolCalls = new LongAdder();
  final LongAdder leakedToolThreads = new LongAdder();

  /** Replies whose id was unknown, or not open any more (SES-4), and late answers of tools. */
  public long lateReplies() {
    return lateReplies.sum();
  }

  /** Messages of a generation that had ended (LIF-8), and frames of a runner that had. */
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

  /** Calls of tools that had not answered at their deadline. */
  public long expiredToolCalls() {
    return expiredToolCalls.sum();
  }

  /** Threads that run, now, tools that were cancelled and have not heeded their interrupt. */
  public long leakedToolThreads() {
    return leakedToolThreads.sum();
  }
}
