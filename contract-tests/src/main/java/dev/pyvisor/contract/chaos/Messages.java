package dev.pyvisor.contract.chaos;

import dev.pyvisor.contract.chaos.Cut.Direction;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;

/**
 * Decides about each message of the link between one host and one runner by what it is, what it
 * carries and what has passed before.
 *
 * <p>Thread-safe: guarded by this; the function is called under the lock, for one message after the
 * other, and must not wait.
 */
public final class Messages implements Fault {
  private static final byte[] END_OF_HEAD = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Function<LinkMessage, Fate> judge;
  private final LinkWatch watch = new LinkWatch();

  public Messages(Function<LinkMessage, Fate> judge) {
    this.judge = judge;
  }

  @Override
  public Tap tap(int connection, Direction direction) {
    return new Cutter(connection, direction);
  }

  private synchronized Fate fate(
      int connection, Direction direction, byte[] frame, int head, boolean upgrade) {
    return judge.apply(watch.see(connection, direction, frame, head, upgrade));
  }

  /** Cuts one direction of one connection into messages. Confined to the direction's thread. */
  private final class Cutter implements Tap {
    private final int connection;
    private final Direction direction;
    private byte[] kept = {};
    private boolean upgraded;

    Cutter(int connection, Direction direction) {
      this.connection = connection;
      this.direction = direction;
    }

    @Override
    public void take(byte[] data, int count, Line line) throws IOException, InterruptedException {
      ByteArrayOutputStream all = new ByteArrayOutputStream(kept.length + count);
      all.writeBytes(kept);
      all.write(data, 0, count);
      byte[] bytes = all.toByteArray();
      int at = 0;
      for (int size = size(bytes, at); size > 0; size = size(bytes, at)) {
        byte[] message = Arrays.copyOfRange(bytes, at, at + size);
        at += size;
        int head = upgraded ? head(message, 0) : size;
        Fate fate = fate(connection, direction, message, head, !upgraded);
        upgraded = true;
        line.write(message, 0, Math.min(size, fate.bytes()));
        if (fate.end().isPresent()) {
          line.cut(fate.end().get());
          return;
        }
      }
      kept = Arrays.copyOfRange(bytes, at, bytes.length);
    }

    /** Bytes of the message that begins there; 0 while it is not whole. */
    private int size(byte[] bytes, int at) {
      if (!upgraded) {
        for (int end = END_OF_HEAD.length; end <= bytes.length; end++) {
          if (Arrays.equals(
              bytes, end - END_OF_HEAD.length, end, END_OF_HEAD, 0, END_OF_HEAD.length)) {
            return end;
          }
        }
        return 0;
      }
      int head = bytes.length - at < 2 ? Integer.MAX_VALUE : head(bytes, at);
      if (head > bytes.length - at) {
        return 0;
      }
      int size = head + Websocket.length(bytes, at);
      return size > bytes.length - at ? 0 : size;
    }

    private int head(byte[] bytes, int at) {
      return Websocket.head(bytes, at);
    }
  }
}
