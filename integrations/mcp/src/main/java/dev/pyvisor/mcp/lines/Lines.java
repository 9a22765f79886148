package dev.pyvisor.mcp.lines;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * Cuts a stream into lines of bounded length. A longer one is passed over up to its end, so that
 * the next one is read as it was meant.
 *
 * <p>Confined to the reading thread.
 */
public final class Lines {
  private static final int BLOCK = 64 << 10;

  private final InputStream in;
  private final int limit;
  private final byte[] block = new byte[BLOCK];
  private int at;
  private int filled;

  public Lines(InputStream in, int limit) {
    this.in = in;
    this.limit = limit;
  }

  /**
   * A line without its end, or the news that it was too long.
   *
   * <p>Immutable.
   */
  public record Line(byte[] bytes, boolean tooLong) {}

  /** The next line; empty at the end of the stream, where an unfinished one is none. */
  public Optional<Line> next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    boolean tooLong = false;
    while (at < filled || fill()) {
      int end = at;
      while (end < filled && block[end] != '\n') {
        end++;
      }
      tooLong |= line.size() + (end - at) > limit;
      if (!tooLong) {
        line.write(block, at, end - at);
      }
      boolean whole = end < filled;
      at = whole ? end + 1 : end;
      if (whole) {
        return Optional.of(new Line(tooLong ? new byte[0] : line.toByteArray(), tooLong));
      }
    }
    return Optional.empty();
  }

  private boolean fill() throws IOException {
    at = 0;
    filled = Math.max(0, in.read(block));
    return filled > 0;
  }
}
