package dev.pyvisor.outcome;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A piece of a cell's output. It never ends inside a character, unless what was printed is not
 * UTF-8.
 *
 * <p>Immutable.
 */
public final class OutputChunk {
  private final StreamName stream;
  private final byte[] bytes;

  private OutputChunk(StreamName stream, byte[] bytes) {
    this.stream = stream;
    this.bytes = bytes;
  }

  /** A chunk of a copy of these bytes. */
  public static OutputChunk of(StreamName stream, byte[] bytes) {
    return new OutputChunk(stream, bytes.clone());
  }

  /** A chunk of a copy of a part of these bytes. */
  public static OutputChunk of(StreamName stream, byte[] bytes, int from, int to) {
    return new OutputChunk(stream, Arrays.copyOfRange(bytes, from, to));
  }

  public StreamName stream() {
    return stream;
  }

  /** The bytes as they were written; a copy. */
  public byte[] bytes() {
    return bytes.clone();
  }

  public int size() {
    return bytes.length;
  }

  /** The bytes as text; what is not UTF-8 becomes U+FFFD. */
  public String text() {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof OutputChunk that
        && stream == that.stream
        && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return 31 * stream.hashCode() + Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return stream.wireName() + "[" + bytes.length + "]";
  }
}
