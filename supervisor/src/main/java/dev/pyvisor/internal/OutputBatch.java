package dev.pyvisor.internal;

import dev.pyvisor.outcome.StreamName;
import java.util.Arrays;

/**
 * Output that has arrived and was not yet looked at, packed: a cell that prints single bytes to
 * both streams in turn costs a few bytes each, not an object each. What bounds it is the credit of
 * the streams.
 *
 * <p>Guarded by the session.
 */
final class OutputBatch {
  private static final int STDERR_BIT = 1 << 30;

  private byte[] data;
  private int size;
  private int[] runs = new int[1];
  private int count;

  OutputBatch(int firstSize) {
    data = new byte[firstSize];
  }

  void add(StreamName stream, byte[] bytes) {
    if (bytes.length == 0) {
      return;
    }
    if (size + bytes.length > data.length) {
      data = Arrays.copyOf(data, Math.max(size + bytes.length, data.length * 2));
    }
    System.arraycopy(bytes, 0, data, size, bytes.length);
    size += bytes.length;
    int bit = stream == StreamName.STDERR ? STDERR_BIT : 0;
    if (count > 0 && (runs[count - 1] & STDERR_BIT) == bit) {
      runs[count - 1] += bytes.length;
      return;
    }
    if (count == runs.length) {
      runs = Arrays.copyOf(runs, count * 2);
    }
    runs[count++] = bytes.length | bit;
  }

  int size() {
    return size;
  }

  /** Hands over each run of bytes of one stream, in order. Once nobody adds any more. */
  void forEach(Run consumer) {
    int at = 0;
    for (int i = 0; i < count; i++) {
      int length = runs[i] & ~STDERR_BIT;
      consumer.accept(
          (runs[i] & STDERR_BIT) != 0 ? StreamName.STDERR : StreamName.STDOUT,
          data,
          at,
          at + length);
      at += length;
    }
  }

  /**
   * Takes a part of an array.
   *
   * <p>Thread-safe: called from one thread at a time.
   */
  interface Run {
    void accept(StreamName stream, byte[] bytes, int from, int to);
  }
}
