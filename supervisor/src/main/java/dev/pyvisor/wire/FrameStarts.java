package dev.pyvisor.wire;

import java.util.Arrays;

/**
 * Where the frames of a stream begin, as far as they are not taken over.
 *
 * <p>Guarded by the link that owns it.
 */
final class FrameStarts {
  private static final int FEW = 64;

  private long[] starts = new long[FEW];
  private int from; // those before it are taken over
  private int to;
  private long end; // of what was written
  private long next; // where the next frame begins
  private int head; // bytes read of its length
  private int length; // as far as it is read
  private boolean lost;

  void wrote(byte[] data) {
    long begin = end;
    end += data.length;
    while (next + head < end && !lost) {
      int at = (int) (next + head - begin);
      while (head < Limits.FRAME_LENGTH_FIELD && at < data.length) {
        length = length << Byte.SIZE | data[at++] & 0xff;
        head++;
      }
      if (head == Limits.FRAME_LENGTH_FIELD) {
        begins();
      }
    }
  }

  private void begins() {
    if (length < Limits.FRAME_LENGTH_MIN || length > Limits.FRAME_LENGTH_MAX) {
      lost = true; // these are no frames, and nothing is known of what follows
      return;
    }
    if (to == starts.length) {
      // In place where at least half of it is free, so that each start is moved once.
      starts =
          from > to / 2
              ? Arrays.copyOfRange(starts, from, from + starts.length)
              : Arrays.copyOf(starts, 2 * to);
      if (from > to / 2) {
        to -= from;
        from = 0;
      }
    }
    starts[to++] = next;
    next += Limits.FRAME_LENGTH_FIELD + length;
    head = 0;
    length = 0;
  }

  /**
   * Nothing is asked any more of frames that end before; returns where the first of the others
   * begins.
   */
  long takenOver(long offset) {
    while (from < to && after() <= offset) {
      from++;
    }
    if (from < to) {
      return Math.min(offset, starts[from]);
    }
    return lost ? offset : Math.min(offset, next);
  }

  /** Whether nothing is known of the first frame that is not taken over, not yet or for good. */
  boolean none() {
    return from == to;
  }

  /** Where the first frame begins that is not taken over. */
  long first() {
    return starts[from];
  }

  /** Where it ends; that may be beyond what was written. */
  long after() {
    return from + 1 < to ? starts[from + 1] : next;
  }

  /** Whether what was written are frames. */
  boolean known() {
    return !lost;
  }
}
