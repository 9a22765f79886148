package dev.pyvisor.transport.websocket;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.java_websocket.WebSocketImpl;
import org.java_websocket.drafts.Draft;
import org.java_websocket.drafts.Draft_6455;
import org.java_websocket.enums.Opcode;
import org.java_websocket.exceptions.IncompleteHandshakeException;
import org.java_websocket.exceptions.InvalidDataException;
import org.java_websocket.exceptions.InvalidHandshakeException;
import org.java_websocket.exceptions.LimitExceededException;
import org.java_websocket.framing.Framedata;
import org.java_websocket.handshake.Handshakedata;
import org.java_websocket.protocols.Protocol;

/**
 * RFC 6455 as the library reads it, with two things that it lacks. It tells a refused handshake
 * only as text, and only of its first line: here the answer is read before the library sees it. And
 * it keeps the fragments of a message and counts their bytes, of which an empty one has none: here
 * the fragments are counted.
 *
 * <p>Thread-safe: what was read is volatile and set once; the count of fragments is the reading
 * thread's.
 */
final class LinkDraft extends Draft_6455 {
  private static final String SUBPROTOCOL = "pyvisor.v1";

  private volatile Optional<Answer> refusal = Optional.empty(); // the library's reading thread sets
  private int fragments; // of the message that is being read

  LinkDraft() {
    super(List.of(), List.of(new Protocol(SUBPROTOCOL)), WebsocketLimits.MESSAGE);
  }

  /** How the dial was refused, if a server answered it so. */
  Optional<Answer> refusal() {
    return refusal;
  }

  @Override
  public Handshakedata translateHandshake(ByteBuffer bytes) throws InvalidHandshakeException {
    if (!hasHead(bytes)) {
      if (bytes.remaining() > WebsocketLimits.HTTP_HEAD) {
        throw new InvalidHandshakeException("an answer without end");
      }
      throw new IncompleteHandshakeException();
    }
    refusal = Answer.http(bytes);
    return super.translateHandshake(bytes);
  }

  private static boolean hasHead(ByteBuffer bytes) {
    int matched = 0;
    for (int at = bytes.position(); at < bytes.limit() && matched < 4; at++) {
      byte expected = (byte) (matched % 2 == 0 ? '\r' : '\n');
      matched = bytes.get(at) == expected ? matched + 1 : bytes.get(at) == '\r' ? 1 : 0;
    }
    return matched == 4;
  }

  /** The library copies a draft for each connection; this is of one connection anyway. */
  @Override
  public Draft copyInstance() {
    return this;
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
