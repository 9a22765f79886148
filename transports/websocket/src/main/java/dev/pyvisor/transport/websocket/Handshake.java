package dev.pyvisor.transport.websocket;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.java_websocket.drafts.Draft;
import org.java_websocket.drafts.Draft_6455;
import org.java_websocket.exceptions.IncompleteHandshakeException;
import org.java_websocket.exceptions.InvalidHandshakeException;
import org.java_websocket.handshake.Handshakedata;
import org.java_websocket.protocols.Protocol;

/**
 * The handshake of one connection. The library tells a refused one only as text, and only of its
 * first line: here the answer is read before the library sees it.
 *
 * <p>Thread-safe: what was read is volatile and set once.
 */
final class Handshake extends Draft_6455 {
  private static final String SUBPROTOCOL = "pyvisor.v1";

  private volatile Optional<Answer> refusal = Optional.empty(); // the library's reading thread sets

  Handshake() {
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
}
