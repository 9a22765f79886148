package dev.pyvisor.wire;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what was sent on a link that may be cut until the other side has taken it over.
 *
 * <p>The frames of one direction are one stream of bytes, in the order in which the writer took
 * them; a record is a piece of it with the offset of its first byte. After a cut the receiver tells
 * how far it got, and the sender goes on from there, in pieces of any size. From the third cut
 * without progress on each one makes the pieces smaller. From the least on it is careful: one piece
 * at a time, of one frame, so that what ends the link stands alone. After some more cuts that frame
 * is given up, and where it cannot be the link is ({@link #poisoned}). The stream is bounded by who
 * writes to it: {@link #unacked} is what it holds.
 *
 * <p>Guarded by the link that owns it.
 */
public final class RecordSender {
  private final Deque<byte[]> chunks = new ArrayDeque<>();
  private final FrameStarts frames = new FrameStarts();
  private @Nullable GivenUp lost; // on its way
  private boolean careful;
  private int givenUp;
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
      frames.wrote(data);
      chunks.add(data);
      end += data.length;
    }
  }

  /** The next record to send, if there is one. */
  public Optional<Piece> take() {
    if (next == end || (careful && next > acked) || (lost != null && next < lost.end())) {
      return Optional.empty();
    }
    long most = next + pieceSize();
    Piece piece = slice(next, careful && !frames.none() ? Math.min(most, frames.after()) : most);
    next = piece.end();
    if (piece.offset() < sent) {
      replays++;
      replayed += Math.min(sent, next) - piece.offset();
    }
    sent = Math.max(sent, next);
    return Optional.of(piece);
  }

  /** What is to be sent first in place of a record that was given up, if there is one. */
  public Optional<GivenUp> takeGivenUp() {
    if (lost == null || next >= lost.end()) {
      return Optional.empty();
    }
    GivenUp instead = lost.from(next);
    next = lost.end();
    sent = Math.max(sent, next);
    return Optional.of(instead);
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
      if (survived >= Limits.RECORD_CALM) {
        careful = false;
      }
      if (survived >= Limits.RECORD_GROW) {
        piece = Limits.RECORD;
      }
      if (lost != null && received >= lost.end()) {
        lost = null; // what was wrong is behind it
        careful = false;
        piece = Limits.RECORD;
      }
      acked = received;
      next =
          Math.max(next, received); // an old link's record may arrive after a new one was answered
      cuts = 0;
      // All but the frame that is not wholly taken over: it may have to be told of.
      long before = frames.takenOver(acked);
      while (!chunks.isEmpty() && first + chunks.element().length <= before) {
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
      piece = Math.max(Limits.RECORD_MIN, piece / Limits.RECORD_SHRINK);
      careful = careful || piece == Limits.RECORD_MIN;
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
    if (isPoison() && lost == null && firstIsWhole()) {
      lost = standIn().orElse(null);
      if (lost != null) {
        givenUp++;
        cuts = 0;
      }
    }
  }

  /** The piece that no link has survived, where no frame can be given up for it. */
  public Optional<Piece> poisoned() {
    return isPoison() && !mayGiveUp() ? Optional.of(slice(acked, end)) : Optional.empty();
  }

  /** How many frames were given up. */
  public int givenUp() {
    return givenUp;
  }

  private boolean isPoison() {
    return cuts >= Limits.RECORD_CUTS_BEFORE_POISON && acked < end;
  }

  /** Where its stand-in does not get through either, it is something else. */
  private boolean mayGiveUp() {
    return lost == null && frames.known() && (!firstIsWhole() || standIn().isPresent());
  }

  private boolean firstIsWhole() {
    return !frames.none() && frames.after() <= end;
  }

  private Optional<GivenUp> standIn() {
    byte[] frame = new byte[(int) (frames.after() - frames.first())];
    fill(frame, frames.first());
    return GivenUp.of(
        acked,
        frames.after(),
        frame,
        "transport_poison: no connection survived the record at byte "
            + acked
            + " of what the host says; something on the way ends every connection that carries it:"
            + " look at proxies between");
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

  private Piece slice(long start, long before) {
    byte[] data = new byte[(int) Math.min(pieceSize(), Math.min(before, end) - start)];
    fill(data, start);
    return new Piece(start, data);
  }

  private void fill(byte[] data, long start) {
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
  }
}
