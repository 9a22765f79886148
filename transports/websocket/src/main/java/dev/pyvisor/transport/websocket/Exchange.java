package dev.pyvisor.transport.websocket;

import dev.pyvisor.transport.websocket.Words.Word;
import dev.pyvisor.wire.GivenUp;
import dev.pyvisor.wire.Piece;
import dev.pyvisor.wire.ProtocolError;
import dev.pyvisor.wire.RecordReceiver;
import dev.pyvisor.wire.RecordSender;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Both directions of the stream, and what is said about them on one connection after the other. It
 * decides without I/O, and is told the time.
 *
 * <p>Guarded by the link that owns it.
 */
final class Exchange {
  /**
   * What a word brings of the runner's stream.
   *
   * <p>Immutable.
   *
   * @param instead whether it takes the place of the frame that has begun
   */
  record Brought(ByteBuffer data, boolean instead) {
    static final Brought NOTHING = new Brought(ByteBuffer.allocate(0), false);
  }

  private final RecordSender sender = new RecordSender();
  private final RecordReceiver receiver = new RecordReceiver();
  private final Heartbeat heartbeat = new Heartbeat();
  private @Nullable Long pongFor;
  private long owedSince; // System.nanoTime, as all times here
  private long wake;
  private boolean dead;
  private long roundTrip;

  void write(byte[] data) {
    sender.write(data);
  }

  /** Bytes of the host's stream that were not taken over. */
  long unacked() {
    return sender.unacked();
  }

  /** Bytes of the runner's stream that were taken over. */
  long received() {
    return receiver.received();
  }

  /** Bytes taken over in both directions. */
  long progress() {
    return sender.acked() + receiver.received();
  }

  /** How many frames of the host's were given up. */
  int givenUp() {
    return sender.givenUp();
  }

  /** The record that no connection has survived, where the link has to be given up for it. */
  Optional<Piece> poisoned() {
    return sender.poisoned();
  }

  /** A connection is attached, and the other side has so many bytes of the host's stream. */
  void resume(long known, long now) {
    sender.resume(known);
    heartbeat.heard(now);
  }

  /** The attached connection is gone. */
  void cut() {
    sender.cut();
    pongFor = null;
  }

  /** What is to be said now; null: nothing until {@link #wake}, if it is not {@link #dead}. */
  @Nullable ByteBuffer next(long now) {
    dead = false;
    if (pongFor != null) {
      ByteBuffer pong = Words.number(Words.PONG, pongFor);
      pongFor = null;
      return pong;
    }
    ByteBuffer record = nextRecord();
    if (record != null) {
      return record;
    }
    wake = heartbeat.wake();
    if (receiver.owes()) {
      if (receiver.due() || now - owedSince >= WebsocketLimits.ACK.toNanos()) {
        return Words.number(Words.ACK, receiver.tell());
      }
      wake = Math.min(wake, owedSince + WebsocketLimits.ACK.toNanos());
    }
    switch (heartbeat.look(now)) {
      case PING -> {
        return Words.number(Words.PING, 0);
      }
      case DEAD -> dead = true;
      case WAIT -> wake = Math.min(wake, heartbeat.wake());
    }
    return null;
  }

  private @Nullable ByteBuffer nextRecord() {
    if (sender.inFlight() >= WebsocketLimits.IN_FLIGHT) {
      return null;
    }
    Optional<GivenUp> lost = sender.takeGivenUp();
    if (lost.isPresent()) {
      return Words.givenUp(lost.get(), receiver.tell());
    }
    return sender.take().map(piece -> Words.record(piece, receiver.tell())).orElse(null);
  }

  /** When there will be something to say, as far as is known now. */
  long wake() {
    return wake;
  }

  /** Whether the connection is to be taken for dead. */
  boolean dead() {
    return dead;
  }

  /** Whether an answer is awaited. */
  boolean asked() {
    return heartbeat.asked();
  }

  /** Something came: whoever it was that said it lives. */
  void heard(Word word, long now) {
    if (word.kind() == Words.PONG) {
      roundTrip = heartbeat.roundTrip(now);
    }
    heartbeat.heard(now);
  }

  /** What a word of the attached connection brings. */
  Brought take(Word word, long now) {
    switch (word.kind()) {
      case Words.RECORD -> {
        acknowledged(word, now);
        ByteBuffer data = receiver.accept(Objects.requireNonNull(word.piece()));
        return brought(data, false);
      }
      case Words.GIVEN_UP -> {
        acknowledged(word, now);
        return receiver
            .accept(Objects.requireNonNull(word.lost()))
            .map(frame -> brought(frame, true))
            .orElse(Brought.NOTHING);
      }
      case Words.ACK -> sender.acknowledge(word.number());
      case Words.PING -> pongFor = word.number();
      default -> {}
    }
    return Brought.NOTHING;
  }

  private void acknowledged(Word word, long now) {
    sender.acknowledge(word.number());
    if (!receiver.owes()) {
      owedSince = now;
    }
  }

  private Brought brought(ByteBuffer data, boolean instead) {
    if (data.hasRemaining()) {
      sender.forgive();
    }
    return new Brought(data, instead);
  }

  /** Whether a word of this kind is said of the stream, and so only on an attached connection. */
  static void require(boolean attached, Word word) {
    boolean ofTheStream =
        word.kind() == Words.RECORD || word.kind() == Words.GIVEN_UP || word.kind() == Words.ACK;
    if (ofTheStream && !attached) {
      throw new ProtocolError("REC-4", "a record before the answer to the attach");
    }
  }

  /** What it has cost so far; the names are those of the runner's status. */
  String counters() {
    return "receivedBytes="
        + receiver.received()
        + " duplicateRecords="
        + receiver.repeats()
        + " duplicateBytes="
        + receiver.duplicates()
        + " gapRecords="
        + receiver.gaps()
        + " ackedBytes="
        + sender.acked()
        + " unackedBytes="
        + sender.unacked()
        + " inFlightBytes="
        + sender.inFlight()
        + " replayedRecords="
        + sender.replays()
        + " replayedBytes="
        + sender.replayed()
        + " givenUp="
        + sender.givenUp()
        + " rttUs="
        + TimeUnit.NANOSECONDS.toMicros(roundTrip);
  }
}
