package dev.pyvisor.diagnosis;

import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Limits;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The headers of the last frames of a connection, each way. Two rings of numbers that are written
 * over and over: noting a frame allocates nothing, and a report copies them.
 *
 * <p>Guarded by the monitors of its two rings, which are held for a few stores.
 */
public final class FrameLog {
  static final int KEPT = 64;

  private final Instant startTime = Instant.now();
  private final long startNanos = System.nanoTime();
  private final Ring in = new Ring("in ");
  private final Ring out = new Ring("out");

  /** Notes a frame that the runner sent; on the reader thread. */
  public void received(Frame frame) {
    in.add(
        System.nanoTime(),
        frame.kind().number(),
        frame.flags(),
        frame.channel(),
        frame.session(),
        frame.generation(),
        frame.cell(),
        frame.message(),
        frame.body().length);
  }

  /** Notes the whole frames that stand in the buffer from {@code start} to its position. */
  public void sending(ByteBuffer frames, int start) {
    long now = System.nanoTime();
    int at = start;
    while (at < frames.position()) {
      int length = frames.getInt(at);
      out.add(
          now,
          frames.get(at + 4) & 0xff,
          frames.get(at + 5) & 0xff,
          frames.getShort(at + 6) & 0xffff,
          frames.getInt(at + 8),
          frames.getInt(at + 12),
          frames.getInt(at + 16),
          frames.getInt(at + 20),
          length - Limits.FRAME_LENGTH_MIN);
      at += Limits.FRAME_LENGTH_FIELD + length;
    }
  }

  /** A line a frame, in the order of their times. */
  List<String> lines() {
    List<Note> notes = new ArrayList<>(in.notes());
    notes.addAll(out.notes());
    notes.sort(Comparator.comparingLong(Note::nanos));
    List<String> lines = new ArrayList<>();
    lines.add(in.count() + " frames came in, " + out.count() + " went out; the last of each:");
    notes.forEach(note -> lines.add(note.text(startTime.plusNanos(note.nanos - startNanos))));
    return lines;
  }

  /** One frame's header, packed as the rings keep it. */
  private record Note(String way, long nanos, long kind, long parties, long numbers, long size) {
    String text(Instant time) {
      return String.format(
          Locale.ROOT,
          "%s %s %-7s flags=%02x channel=%d session=%d generation=%d cell=%d message=%d body=%d",
          time,
          way,
          name((int) (kind >>> 32)),
          kind >>> 16 & 0xff,
          kind & 0xffff,
          parties >>> 32,
          parties & 0xffff_ffffL,
          numbers >>> 32,
          numbers & 0xffff_ffffL,
          size);
    }

    private static String name(int number) {
      return Arrays.stream(FrameKind.values())
          .filter(kind -> kind.number() == number)
          .map(FrameKind::name)
          .findFirst()
          .orElse("kind " + number);
    }
  }

  /** One way. */
  private static final class Ring {
    private static final int NUMBERS = 5;

    private final String way;
    private final long[] numbers = new long[KEPT * NUMBERS];
    private long count;

    Ring(String way) {
      this.way = way;
    }

    synchronized void add(
        long nanos,
        int kind,
        int flags,
        int channel,
        int session,
        int generation,
        int cell,
        int message,
        int size) {
      int at = (int) (count % KEPT) * NUMBERS;
      count++;
      numbers[at] = nanos;
      numbers[at + 1] = (long) kind << 32 | (long) flags << 16 | channel;
      numbers[at + 2] = pair(session, generation);
      numbers[at + 3] = pair(cell, message);
      numbers[at + 4] = size;
    }

    private static long pair(int high, int low) {
      return (long) high << 32 | Integer.toUnsignedLong(low);
    }

    synchronized long count() {
      return count;
    }

    synchronized List<Note> notes() {
      List<Note> notes = new ArrayList<>();
      for (long each = Math.max(0, count - KEPT); each < count; each++) {
        int at = (int) (each % KEPT) * NUMBERS;
        notes.add(
            new Note(
                way,
                numbers[at],
                numbers[at + 1],
                numbers[at + 2],
                numbers[at + 3],
                numbers[at + 4]));
      }
      return notes;
    }
  }
}
