package dev.pyvisor.transport.websocket;

import java.util.List;
import org.java_websocket.WebSocketImpl;
import org.java_websocket.drafts.Draft;
import org.java_websocket.drafts.Draft_6455;
import org.java_websocket.enums.Opcode;
import org.java_websocket.exceptions.InvalidDataException;
import org.java_websocket.exceptions.LimitExceededException;
import org.java_websocket.framing.Framedata;
import org.java_websocket.protocols.Protocol;

/**
 * RFC 6455 as the library reads it, with a bound of fragments: the library keeps those of a message
 * and counts their bytes, of which an empty one has none.
 *
 * <p>Confined to the library's reading thread.
 */
final class BoundedDraft extends Draft_6455 {
  private static final String SUBPROTOCOL = "pyvisor.v1";

  private int fragments; // of the message that is being read

  BoundedDraft() {
    super(List.of(), List.of(new Protocol(SUBPROTOCOL)), WebsocketLimits.MESSAGE);
  }

  /** The library makes one for each connection. */
  @Override
  public Draft copyInstance() {
    return new BoundedDraft();
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
