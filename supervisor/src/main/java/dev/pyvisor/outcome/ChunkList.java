package dev.pyvisor.outcome;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.RandomAccess;

/**
 * Chunks as places in what two outputs keep anyway: output is not kept twice.
 *
 * <p>Immutable.
 */
final class ChunkList extends AbstractList<OutputChunk> implements RandomAccess {
  private final byte[][] sources;
  private int[] place = new int[3 * 4];
  private int count;

  ChunkList(Output stdout, Output stderr, int[] runs) {
    sources = new byte[][] {stdout.head(), stderr.head(), stdout.tail(), stderr.tail()};
    int[] covered = new int[2];
    for (int run : runs) {
      int stream = run < 0 ? 1 : 0;
      int end = (int) Math.min((long) covered[stream] + Math.abs(run), sources[stream].length);
      add(stream, covered[stream], end);
      covered[stream] = end;
    }
    add(0, covered[0], sources[0].length);
    add(1, covered[1], sources[1].length);
    add(2, 0, sources[2].length);
    add(3, 0, sources[3].length);
  }

  @Override
  public OutputChunk get(int index) {
    if (index < 0 || index >= count) {
      throw new IndexOutOfBoundsException(index + " of " + count);
    }
    int source = place[3 * index];
    StreamName stream = source % 2 == 0 ? StreamName.STDOUT : StreamName.STDERR;
    return OutputChunk.of(stream, sources[source], place[3 * index + 1], place[3 * index + 2]);
  }

  @Override
  public int size() {
    return count;
  }

  private void add(int source, int from, int to) {
    if (from == to) {
      return;
    }
    if (3 * count == place.length) {
      place = Arrays.copyOf(place, place.length * 2);
    }
    place[3 * count] = source;
    place[3 * count + 1] = from;
    place[3 * count + 2] = to;
    count++;
  }
}
