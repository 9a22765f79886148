package dev.pyvisor.wire;

/**
 * A record: a piece of one direction's stream of frames, with the offset of its first byte.
 *
 * <p>Immutable. The array is not copied, and nobody writes to it.
 */
public record Piece(long offset, byte[] data) {
  /** The offset behind its last byte. */
  public long end() {
    return offset + data.length;
  }
}
