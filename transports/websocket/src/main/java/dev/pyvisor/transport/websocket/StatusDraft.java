package dev.pyvisor.transport.websocket;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.IntConsumer;
import org.java_websocket.drafts.Draft;
import org.java_websocket.drafts.Draft_6455;
import org.java_websocket.exceptions.InvalidHandshakeException;
import org.java_websocket.handshake.Handshakedata;
import org.java_websocket.protocols.Protocol;

/**
 * The library's protocol, and the status of an answer that makes no websocket: the library itself
 * tells that in a text only.
 *
 * <p>Confined to the connection's reading thread.
 */
final class StatusDraft extends Draft_6455 {
  private static final String SUBPROTOCOL = "pyvisor.v1";
  private static final String VERSION = "HTTP/1.1 ";
  private static final int DIGITS = 3;

  private final IntConsumer onStatus;

  StatusDraft(IntConsumer onStatus) {
    super(List.of(), List.of(new Protocol(SUBPROTOCOL)), WebsocketLimits.MESSAGE);
    this.onStatus = onStatus;
  }

  @Override
  public Draft copyInstance() {
    return new StatusDraft(onStatus);
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
}
