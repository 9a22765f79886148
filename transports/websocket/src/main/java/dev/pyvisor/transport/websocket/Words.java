package dev.pyvisor.transport.websocket;

import dev.pyvisor.wire.GivenUp;
import dev.pyvisor.wire.Piece;
import dev.pyvisor.wire.ProtocolError;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What is said on the link; the first byte of a message says which (REC-1).
 *
 * <p>Immutable.
 */
final class Words {
  static final int ATTACH = 1;
  static final int ATTACHED = 2;
  static final int RECORD = 3;
  static final int ACK = 4;
  static final int PING = 5;
  static final int PONG = 6;
  static final int GOODBYE = 7;
  static final int GOAWAY = 8;
  static final int ERROR = 9;
  static final int GIVEN_UP = 10;

  private static final int OPTIONAL = 0x80;
  private static final JsonMapper JSON = JsonMapper.shared();

  /**
   * A message of the runner's.
   *
   * <p>Immutable.
   *
   * @param number of an acknowledgement (also that of a record), a ping or a pong
   * @param content what was said in JSON
   */
  record Word(
      int kind,
      long number,
      @Nullable Piece piece,
      @Nullable GivenUp lost,
      @Nullable JsonNode content) {
    static Word of(int kind, long number) {
      return new Word(kind, number, null, null, null);
    }
  }

  private Words() {}

  /** What a message says; its bytes are copied. */
  static Word decode(ByteBuffer message) {
    if (!message.hasRemaining()) {
      throw new ProtocolError("REC-1", "an empty message");
    }
    int kind = message.get() & 0xff;
    switch (kind) {
      case RECORD -> {
        if (message.remaining() < WebsocketLimits.RECORD_HEAD) {
          throw new ProtocolError("REC-1", "a record without a byte");
        }
        long offset = message.getLong();
        long ack = message.getLong();
        byte[] data = new byte[message.remaining()];
        message.get(data);
        return new Word(kind, ack, new Piece(offset, data), null, null);
      }
      case GIVEN_UP -> {
        if (message.remaining() < WebsocketLimits.GIVEN_UP_HEAD) {
          throw new ProtocolError("REC-1", "what stands in for a record has more bytes");
        }
        long offset = message.getLong();
        long ack = message.getLong();
        long end = message.getLong();
        byte[] frame = new byte[message.remaining()];
        message.get(frame);
        return new Word(kind, ack, null, new GivenUp(offset, end, frame), null);
      }
      case ACK, PING, PONG -> {
        if (message.remaining() != Long.BYTES) {
          throw new ProtocolError(
              "REC-1", "a message of kind " + kind + " has " + (1 + Long.BYTES) + " bytes");
        }
        return Word.of(kind, message.getLong());
      }
      case ATTACHED, GOAWAY, ERROR -> {
        byte[] text = new byte[message.remaining()];
        message.get(text);
        try {
          return new Word(kind, 0, null, null, JSON.readTree(text));
        } catch (JacksonException problem) {
          throw new ProtocolError("REC-1", "what should be JSON is not", text);
        }
      }
      default -> {
        if ((kind & OPTIONAL) == 0) {
          throw new ProtocolError("REC-1", "unknown kind " + kind);
        }
        return Word.of(kind, 0);
      }
    }
  }

  static ByteBuffer attach(
      @Nullable String incarnation, long received, String host, boolean takeover) {
    return said(
        ATTACH,
        JSON.createObjectNode()
            .put("incarnation", incarnation)
            .put("received", received)
            .put("host", host)
            .put("takeover", takeover));
  }

  static ByteBuffer goodbye() {
    return said(GOODBYE, JSON.valueToTree(Map.of()));
  }

  /** The host goes, and the runner stays. */
  static ByteBuffer goodbyeFor(String mode) {
    return said(GOODBYE, JSON.valueToTree(Map.of("mode", mode)));
  }

  static ByteBuffer record(Piece piece, long ack) {
    ByteBuffer message =
        ByteBuffer.allocate(WebsocketLimits.RECORD_HEAD + piece.data().length)
            .put((byte) RECORD)
            .putLong(piece.offset())
            .putLong(ack)
            .put(piece.data());
    return message.flip();
  }

  static ByteBuffer givenUp(GivenUp lost, long ack) {
    ByteBuffer message =
        ByteBuffer.allocate(WebsocketLimits.GIVEN_UP_HEAD + lost.frame().length)
            .put((byte) GIVEN_UP)
            .putLong(lost.offset())
            .putLong(ack)
            .putLong(lost.end())
            .put(lost.frame());
    return message.flip();
  }

  static ByteBuffer number(int kind, long number) {
    return ByteBuffer.allocate(1 + Long.BYTES).put((byte) kind).putLong(number).flip();
  }

  private static ByteBuffer said(int kind, JsonNode content) {
    byte[] text = JSON.writeValueAsBytes(content);
    return ByteBuffer.allocate(1 + text.length).put((byte) kind).put(text).flip();
  }
}
