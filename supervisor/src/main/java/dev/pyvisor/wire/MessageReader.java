package dev.pyvisor.wire;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Puts messages together from frames of kind MESSAGE and RELAY (FRM-10 to FRM-15).
 *
 * <p>Confined to the reader thread.
 */
public final class MessageReader {
  private static final int WHOLE = Flag.FIRST.bit() | Flag.LAST.bit();

  private final Map<Key, Half> open = new HashMap<>();
  private long openBytes;

  /** Takes a chunk; returns the message that it completes, or null. */
  public @Nullable Message accept(Frame frame) {
    if (frame.has(Flag.FIRST)) {
      return first(frame);
    }
    Key key = Key.of(frame);
    Half half = open.get(key);
    if (half == null) {
      throw new ProtocolError(
          "FRM-13", "a chunk of message " + key + ", which is not open", frame.body());
    }
    half.missing -= frame.body().length;
    checkSum(half.missing, frame);
    keep(half, frame.body());
    if (frame.has(Flag.GIVEN_UP)) {
      half.lost = StandIn.reasonOfChunk(frame.body());
    }
    if (half.missing > 0) {
      return null;
    }
    open.remove(key);
    openBytes -= half.kept;
    return half.join();
  }

  /** Drops what a generation that has ended left half told (LIF-8). */
  public void forgetGeneration(int session, int generation) {
    forget(key -> key.session == session && key.generation == generation);
  }

  /** Drops what is half told of a session that has ended, or to it (LIF-8). */
  public void forgetSession(int session) {
    forget(key -> key.session == session);
  }

  private void forget(Predicate<Key> over) {
    for (Iterator<Map.Entry<Key, Half>> entries = open.entrySet().iterator(); entries.hasNext(); ) {
      Map.Entry<Key, Half> entry = entries.next();
      if (over.test(entry.getKey())) {
        openBytes -= entry.getValue().kept;
        entries.remove();
      }
    }
  }

  private @Nullable Message first(Frame frame) {
    if ((frame.flags() & WHOLE) == WHOLE && open.isEmpty()) {
      MessageHead head = MessageHead.read(frame);
      checkSum(head.payload() - (frame.body().length - head.size()), frame);
      return message(frame, head, frame.body(), head.size());
    }
    Key key = Key.of(frame);
    if (open.containsKey(key)) {
      throw new ProtocolError("FRM-13", "message " + key + " begins twice", frame.body());
    }
    MessageHead head = MessageHead.read(frame);
    int missing = head.payload() - (frame.body().length - head.size());
    checkSum(missing, frame);
    if (missing == 0) {
      return message(frame, head, frame.body(), head.size());
    }
    if (open.size() >= Limits.OPEN_MESSAGES) {
      throw new ProtocolError(
          "FRM-15", "more than " + Limits.OPEN_MESSAGES + " messages are open", frame.body());
    }
    Half half = new Half(frame, head, missing);
    open.put(key, half);
    keep(half, frame.body());
    return null;
  }

  private void keep(Half half, byte[] body) {
    half.parts.add(body);
    half.kept += body.length;
    openBytes += body.length;
    if (openBytes > Limits.OPEN_BYTES) {
      throw new ProtocolError(
          "FRM-15", openBytes + " bytes of unfinished messages are more than " + Limits.OPEN_BYTES);
    }
  }

  private static void checkSum(int missing, Frame frame) {
    if (missing < 0 || (missing == 0) != frame.has(Flag.LAST)) {
      throw new ProtocolError(
          "FRM-10",
          "a frame "
              + (frame.has(Flag.LAST) ? "has" : "lacks")
              + " the LAST flag where "
              + missing
              + " bytes of its message are missing",
          frame.body());
    }
  }

  private static Message message(Frame first, MessageHead head, byte[] bytes, int start) {
    byte[] envelope = new byte[head.envelope()];
    System.arraycopy(bytes, start, envelope, 0, envelope.length);
    int at = start + envelope.length;
    List<byte[]> attachments = new ArrayList<>(head.attachments().length);
    for (int length : head.attachments()) {
      byte[] attachment = new byte[length];
      System.arraycopy(bytes, at, attachment, 0, length);
      attachments.add(attachment);
      at += length;
    }
    return message(first, envelope, attachments);
  }

  private static Message message(Frame first, byte[] envelope, List<byte[]> attachments) {
    return new Message(
        first.kind(),
        first.channel(),
        first.session(),
        first.generation(),
        first.cell(),
        first.message(),
        envelope,
        attachments);
  }

  private record Key(int session, int generation, int channel, int message) {
    static Key of(Frame frame) {
      return new Key(frame.session(), frame.generation(), frame.channel(), frame.message());
    }
  }

  /**
   * A message of which some chunks have come. The bytes are kept as they came: a head may lie about
   * the rest.
   */
  private static final class Half {
    final Frame first;
    final MessageHead head;
    final List<byte[]> parts = new ArrayList<>();
    int missing;
    long kept;
    @Nullable String lost; // why one of its chunks was given up

    Half(Frame first, MessageHead head, int missing) {
      this.first = first;
      this.head = head;
      this.missing = missing;
    }

    Message join() {
      Parts source = new Parts(parts, head.size());
      byte[] envelope = source.take(head.envelope());
      if (lost != null) {
        return message(first, instead(envelope, lost), List.of());
      }
      List<byte[]> attachments = new ArrayList<>(head.attachments().length);
      for (int length : head.attachments()) {
        attachments.add(source.take(length));
      }
      return message(first, envelope, attachments);
    }
  }

  /** REC-19: the message says that it was given up, and no more. */
  private static byte[] instead(byte[] envelope, String why) {
    return StandIn.envelope(envelope, why)
        .orElseThrow(
            () ->
                new ProtocolError(
                    "REC-19", "a message that may not be given up was: " + why, envelope));
  }

  /** A walk over the kept bytes. */
  private static final class Parts {
    private final Iterator<byte[]> rest;
    private byte[] part;
    private int at;

    Parts(List<byte[]> parts, int skip) {
      rest = parts.iterator();
      part = rest.next();
      at = skip;
    }

    byte[] take(int count) {
      byte[] taken = new byte[count];
      int done = 0;
      while (done < count) {
        if (at == part.length) {
          part = rest.next();
          at = 0;
        }
        int step = Math.min(count - done, part.length - at);
        System.arraycopy(part, at, taken, done, step);
        done += step;
        at += step;
      }
      return taken;
    }
  }
}
