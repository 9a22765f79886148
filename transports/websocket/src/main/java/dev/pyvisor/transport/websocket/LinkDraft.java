package dev.pyvisor.transport.websocket;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.IntConsumer;
import org.java_websocket.WebSocketImpl;
import org.java_websocket.drafts.Draft;
import org.java_websocket.drafts.Draft_6455;
import org.java_websocket.enums.Opcode;
import org.java_websocket.exceptions.InvalidDataException;
import org.java_websocket.exceptions.InvalidHandshakeException;
import org.java_websocket.exceptions.LimitExceededException;
import org.java_websocket.framing.Framedata;
import org.java_websocket.handshake.Handshakedata;
import org.java_websocket.protocols.Protocol;

/**
 * RFC 6455 as the library reads it, with two things that it lacks: the status of an answer that
 * makes no websocket, which it tells in a text only; and a bound of fragments, for it keeps those
 * of a message and counts their bytes, of which an empty one has none.
 *
 * <p>Confined to the connection's reading thread.
 */
final class LinkDraft extends Draft_6455 {
  private static final String SUBPROTOCOL = "pyvisor.v1";
  private static final String VERSION = "HTTP/1.1 ";
  private static final int DIGITS = 3;

  private final IntConsumer onStatus;
  private int fragments; // of the message that is being read

  LinkDraft(IntConsumer onStatus) {
    super(List.of(), List.of(new Protocol(SUBPROTOCOL)), WebsocketLimits.MESSAGE);
    this.onStatus = onStatus;
  }

  /** The library makes one for each connection. */
  @Override
  public Draft copyInstance() {
    return new LinkDraft(onStatus);
  }

  @Override
  public Handshakedata translateHandshake(ByteBuffer answer) throws InvalidHandshakeException {
    ByteBuffer start = answer.duplicate();
    if (start.remaining() >= VERSION.length() + DIGITS) {
      int status = 0;
      for (int i = 0; i < DIGITS; i++) {
        int digit = start.get(start.position() + VERSION.length() + i) - '0';
        status = digit < 0 || digit > 9 ? -10_000 : status * 10 + digit;
      }
      if (status > 0) {
        onStatus.accept(status);
      }
    }
    return super.translateHandshake(answer);
  }

  @Override
  public void processFrame(WebSocketImpl socket, Framedata frame) throws InvalidDataException {
    boolean continued = frame.getOpcode() == Opcode.CONTINUOUS;
    if (!frame.isFin() && ++fragments > WebsocketLimits.FRAGMENTS) {
      throw new LimitExceededException(
          "a message in more than " + WebsocketLimits.FRAGMENTS + " fragments",
          WebsocketLimits.FRAGMENTS);
    }
    if (frame.isFin() && continued) {
      fragments = 0;
    }
    super.processFrame(socket, frame);
  }
}
