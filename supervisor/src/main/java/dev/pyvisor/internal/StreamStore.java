package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.outcome.Output;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one stream of one cell: all of it up to a limit, then its first and its last half, and all
 * of it in a file.
 *
 * <p>Guarded by the capture that it belongs to.
 */
final class StreamStore {
  private static final Logger LOG = LoggerFactory.getLogger(StreamStore.class);
  private static final int FIRST_SIZE = 256;

  private final Path file;
  private final int kept;
  private byte[] data = new byte[0];
  private int used;
  private long size;
  private @Nullable Spill spill;

  StreamStore(Path file) {
    this(file, Defaults.OUTPUT_KEPT);
  }

  StreamStore(Path file, int kept) {
    this.file = file;
    this.kept = kept;
  }

  boolean spillsWith(int more) {
    return size + more > kept;
  }

  void add(byte[] bytes, int from, int to) {
    int count = to - from;
    if (spill == null && spillsWith(count)) {
      spill = new Spill(file, data, used, kept - kept / 2);
      data = Arrays.copyOf(data, Math.min(used, kept / 2));
      used = data.length;
    }
    size += count;
    if (spill != null) {
      spill.add(bytes, from, to);
      // Where the stream outgrows the limit within its first half, the head is filled up here.
      int room = Math.min(kept / 2 - used, count);
      if (room > 0) {
        append(bytes, from, room);
      }
      return;
    }
    append(bytes, from, count);
  }

  Output output() {
    if (size == 0) {
      return Output.empty();
    }
    byte[] head = Arrays.copyOf(data, used);
    if (spill == null) {
      return new Output(head, new byte[0], size, null);
    }
    int tail = (int) Math.min(kept - kept / 2, size - used);
    return new Output(head, spill.tail(tail), size, spill.close());
  }

  private void append(byte[] bytes, int from, int count) {
    if (used + count > data.length) {
      int wanted = Math.max(used + count, Math.max(FIRST_SIZE, data.length * 2));
      data = Arrays.copyOf(data, Math.min(wanted, kept));
    }
    System.arraycopy(bytes, from, data, used, count);
    used += count;
  }

  /**
   * What does not fit memory: a file with all of it, and a ring with the last of it.
   *
   * <p>Guarded by the capture that it belongs to.
   */
  private static final class Spill {
    private final byte[] ring;
    private final Path file;
    private int end;
    private @Nullable OutputStream out;
    private boolean whole = true;

    Spill(Path file, byte[] data, int used, int ringSize) {
      this.file = file;
      this.ring = new byte[ringSize];
      try {
        out = Files.newOutputStream(file);
      } catch (IOException problem) {
        fail(problem);
      }
      add(data, 0, used);
    }

    void add(byte[] bytes, int from, int to) {
      if (out != null) {
        try {
          out.write(bytes, from, to - from);
        } catch (IOException problem) {
          fail(problem);
        }
      }
      int start = Math.max(from, to - ring.length);
      while (start < to) {
        int step = Math.min(to - start, ring.length - end);
        System.arraycopy(bytes, start, ring, end, step);
        start += step;
        end = (end + step) % ring.length;
      }
    }

    byte[] tail(int count) {
      byte[] tail = new byte[count];
      int start = Math.floorMod(end - count, ring.length);
      int first = Math.min(count, ring.length - start);
      System.arraycopy(ring, start, tail, 0, first);
      System.arraycopy(ring, 0, tail, first, count - first);
      return tail;
    }

    @Nullable Path close() {
      try {
        if (out != null) {
          out.close();
        }
      } catch (IOException problem) {
        fail(problem);
      }
      return whole ? file : null;
    }

    private void fail(IOException problem) {
      // The cell must not fail because the disk is full; the outcome says that the middle is
      // missing.
      LOG.warn("output beyond memory cannot be kept in {}: {}", file, problem.toString());
      out = null;
      whole = false;
    }
  }
}
