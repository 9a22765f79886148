package dev.pyvisor.transport.process;

import dev.pyvisor.Defaults;
import java.nio.charset.StandardCharsets;

/**
 * The last of what a runner wrote to standard error.
 *
 * <p>Guarded by this.
 */
final class StderrRing {
  private final byte[] ring = new byte[Defaults.STDERR_KEPT];
  private long written;

  synchronized void add(byte[] bytes, int count) {
    int from = Math.max(0, count - ring.length);
    written += from;
    for (int at = from; at < count; ) {
      int place = (int) (written % ring.length);
      int step = Math.min(count - at, ring.length - place);
      System.arraycopy(bytes, at, ring, place, step);
      at += step;
      written += step;
    }
  }

  /** The last bytes as text, at most so many; what is not UTF-8 becomes U+FFFD. */
  synchronized String tail(int limit) {
    int count = (int) Math.min(Math.min(written, ring.length), limit);
    byte[] tail = new byte[count];
    int start = (int) ((written - count) % ring.length);
    int first = Math.min(count, ring.length - start);
    System.arraycopy(ring, start, tail, 0, first);
    System.arraycopy(ring, 0, tail, first, count - first);
    return new String(tail, StandardCharsets.UTF_8);
  }

  synchronized long written() {
    return written;
  }
}
