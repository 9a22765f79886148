package dev.pyvisor.wire;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Takes what is new of each record, and knows when to say so.
 *
 * <p>Guarded by the link that owns it.
 */
public final class RecordReceiver {
  /** The rule that a record breaks before which another is missing. */
  public static final String GAP = "REC-2";

  private long received;
  private long duplicates;
  private long repeats;
  private long gaps;
  private long told;
  private int records; // since it was told

  /** What of it is new; nothing of a record that has come before. */
  public ByteBuffer accept(Piece piece) {
    requireNoGap(piece.offset());
    records++;
    int known = (int) Math.min(received - piece.offset(), piece.data().length);
    repeats += known > 0 ? 1 : 0;
    duplicates += known;
    received += piece.data().length - known;
    return ByteBuffer.wrap(piece.data(), known, piece.data().length - known);
  }

  /**
   * The frame that takes the place of the one which has not come whole; empty if what it stands for
   * has come before.
   */
  public Optional<ByteBuffer> accept(GivenUp lost) {
    requireNoGap(lost.offset());
    if (lost.end() <= lost.offset() || lost.end() - lost.offset() > Limits.FRAME) {
      throw new ProtocolError(
          "REC-19", "from " + lost.offset() + " to " + lost.end() + " is no piece of a frame");
    }
    ByteBuffer frame = lost.whole();
    records++;
    if (lost.end() <= received) {
      return Optional.empty();
    }
    received = lost.end();
    return Optional.of(frame);
  }

  private void requireNoGap(long offset) {
    if (offset < 0) { // from 2^63 on, as the wire has it: no gap, for no stream is that long
      throw new ProtocolError("REC-1", "a record begins at " + Long.toUnsignedString(offset));
    }
    if (offset > received) {
      gaps++;
      throw new ProtocolError(
          GAP, "a record begins at " + offset + ", but " + received + " is the next byte");
    }
  }

  /** The offset of the byte that is expected next. */
  public long received() {
    return received;
  }

  /** Bytes that had come before. */
  public long duplicates() {
    return duplicates;
  }

  /** Records with such bytes. */
  public long repeats() {
    return repeats;
  }

  /** Records before which another was missing. */
  public long gaps() {
    return gaps;
  }

  /** Whether something was taken over that the other side was not told of. */
  public boolean owes() {
    return records > 0;
  }

  /** Whether it should be told at once, not with the next record or after a moment. */
  public boolean due() {
    return received - told >= Limits.RECORD_ACK_BYTES || records >= Limits.RECORD_ACK_RECORDS;
  }

  /** The acknowledgement that goes out now. */
  public long tell() {
    told = received;
    records = 0;
    return received;
  }
}
