package dev.pyvisor.wire;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Keeps what was sent on a link that may be cut until the other side has taken it over.
 *
 * <p>The frames of one direction are one stream of bytes, in the order in which the writer took
 * them; a record is a piece of it with the offset of its first byte. After a cut the receiver tells
 * how far it got, and the sender goes on from there, in pieces of any size. From the third cut
 * without progress each one halves the pieces; after some more the link is taken to be killed by
 * what is in the first of them. The stream is bounded by who writes to it: {@link #unacked} is what
 * it holds.
 *
 * <p>Guarded by the link that owns it.
 */
public final class RecordSender {
  private final Deque<byte[]> chunks = new ArrayDeque<>();
  private long first; // offset of the first chunk
  private long end; // of the stream
  private long next; // to be sent
  private long sent; // the highest offset ever sent
  private long acked;
  private int cuts; // since the last progress
  private int piece = Limits.RECORD;
  private long survived; // bytes acknowledged since the last cut
  private long replayed;
  private long replays;

  /** Adds to the stream; the array is kept and not copied. */
  public void write(byte[] data) {
    if (data.length > 0) {
      chunks.add(data);
      end += data.length;
    }
  }

  /** The next record to send, if there is one. */
  public Optional<Piece> take() {
    if (next == end) {
      return Optional.empty();
    }
    Piece piece = slice(next);
    next = piece.end();
    if (piece.offset() < sent) {
      replays++;
      replayed += Math.min(sent, next) - piece.offset();
    }
    sent = Math.max(sent, next);
    return Optional.of(piece);
  }

  /** The other side has taken over all before this offset. */
  public void acknowledge(long received) {
    if (received < 0 || received > sent) {
      throw new ProtocolError(
          "REC-3",
          Long.toUnsignedString(received)
              + " acknowledged, but only "
              + sent
              + " bytes were ever sent");
    }
    if (received < acked) {
      throw new ProtocolError("REC-3", received + " acknowledged after " + acked);
    }
    if (received > acked) {
      survived += received - acked;
      if (survived >= Limits.RECORD_GROW) {
        piece = Limits.RECORD;
      }
      acked = received;
      next =
          Math.max(next, received); // an old link's record may arrive after a new one was answered
      cuts = 0;
      while (!chunks.isEmpty() && first + chunks.element().length <= acked) {
        first += chunks.remove().length;
      }
    }
  }

  /**
   * The link is gone; what was sent and not acknowledged may have arrived or not. Where nothing was
   * on its way, nothing of ours can have been the cause: that cut is not counted.
   */
  public void cut() {
    survived = 0;
    if (inFlight() == 0) {
      return;
    }
    cuts++;
    if (cuts >= Limits.RECORD_CUTS_BEFORE_SMALLER) {
      piece = Math.max(Limits.RECORD_MIN, piece >> 1);
    }
  }

  /**
   * Something came through the other way: what ended the connections before is not what they
   * carried.
   */
  public void forgive() {
    cuts = 0;
  }

  /** A new link: the other side has all before this offset, and nothing after it. */
  public void resume(long received) {
    acknowledge(received);
    next = received;
  }

  /** The piece that no link has survived, if that is to be believed. */
  public Optional<Piece> poisoned() {
    return cuts < Limits.RECORD_CUTS_BEFORE_POISON || acked == end
        ? Optional.empty()
        : Optional.of(slice(acked));
  }

  /** Bytes that were sent again. */
  public long replayed() {
    return replayed;
  }

  /** Records with such bytes. */
  public long replays() {
    return replays;
  }

  public long unacked() {
    return end - acked;
  }

  /** Bytes of this link that were sent and not acknowledged. */
  public long inFlight() {
    return next - acked;
  }

  public long unsent() {
    return end - next;
  }

  public long acked() {
    return acked;
  }

  /** Bytes of a record at most. */
  int pieceSize() {
    return piece;
  }

  private Piece slice(long start) {
    byte[] data = new byte[(int) Math.min(pieceSize(), end - start)];
    int filled = 0;
    long at = first;
    for (byte[] chunk : chunks) {
      if (filled == data.length) {
        break;
      }
      if (at + chunk.length > start) {
        int from = (int) Math.max(0, start - at);
        int count = Math.min(chunk.length - from, data.length - filled);
        System.arraycopy(chunk, from, data, filled, count);
        filled += count;
      }
      at += chunk.length;
    }
    return new Piece(start, data);
  }
}
