package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.outcome.Output;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.outcome.StreamName;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Keeps what one cell writes, for its outcome.
 *
 * <p>Guarded by this.
 */
final class Capture {
  private final StreamStore stdout;
  private final StreamStore stderr;
  private int[] runs = new int[4];
  private int count;
  private boolean inOrder = true;

  /** {@code base}: where the files would be, should it become too much for memory. */
  Capture(Path directory, String base) {
    stdout = new StreamStore(directory.resolve(base + "-" + StreamName.STDOUT.wireName()));
    stderr = new StreamStore(directory.resolve(base + "-" + StreamName.STDERR.wireName()));
  }

  /** Whether so many bytes more would have to go to a file. */
  synchronized boolean spillsWith(int more) {
    return stdout.spillsWith(more) || stderr.spillsWith(more);
  }

  synchronized void add(StreamName stream, byte[] bytes, int from, int to) {
    StreamStore store = stream == StreamName.STDOUT ? stdout : stderr;
    inOrder &= !store.spillsWith(to - from) && count < Defaults.CHUNKS_KEPT;
    store.add(bytes, from, to);
    if (inOrder) {
      if (count == runs.length) {
        runs = Arrays.copyOf(runs, count * 2);
      }
      // Lengths are below 2^31, so the sign is free to say which stream it is.
      runs[count++] = stream == StreamName.STDOUT ? to - from : from - to;
    }
  }

  synchronized Kept kept() {
    Output out = stdout.output();
    Output err = stderr.output();
    return new Kept(out, err, Output.chunks(out, err, Arrays.copyOf(runs, count)));
  }

  /**
   * What is kept of a cell's output.
   *
   * <p>Immutable.
   */
  record Kept(Output stdout, Output stderr, List<OutputChunk> chunks) {}
}
