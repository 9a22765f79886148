package dev.pyvisor.contract.chaos;

import dev.pyvisor.contract.chaos.Cut.Direction;
import dev.pyvisor.contract.chaos.LinkMessage.Kind;
import dev.pyvisor.wire.EnvelopePeek;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.FrameReader;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.MessageReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Follows both streams of a link over all of its connections, to tell what a record carries.
 *
 * <p>Guarded by the {@link Messages} that owns it.
 */
final class LinkWatch {
  private static final int RECORD_HEAD = 17;
  private static final int NUMBER = 9;
  private static final int GIVEN_UP_HEAD = 25;

  private final Map<String, String> asked = new HashMap<>(); // method by id, of the host
  private Stream toRunner = new Stream();
  private Stream toHost = new Stream();

  LinkMessage see(int connection, Direction direction, byte[] frame, int head, boolean upgrade) {
    if (upgrade || !Websocket.isMessage(frame)) {
      return message(
          connection,
          direction,
          upgrade ? Kind.UPGRADE : Kind.OTHER,
          0,
          0,
          0,
          List.of(),
          head,
          frame);
    }
    ByteBuffer body = ByteBuffer.wrap(Websocket.body(frame, head));
    Kind kind = body.hasRemaining() ? Kind.of(body.get(0)) : Kind.OTHER;
    if (kind == Kind.ATTACH && new String(body.array(), StandardCharsets.UTF_8).contains("null")) {
      toRunner = new Stream(); // the host knows no incarnation: both streams begin
      toHost = new Stream();
    }
    if (kind == Kind.ACK && body.limit() == NUMBER) {
      return message(connection, direction, kind, 0, 0, body.getLong(1), List.of(), head, frame);
    }
    if (kind == Kind.GIVEN_UP && body.limit() > GIVEN_UP_HEAD) {
      long offset = body.getLong(1);
      long end = body.getLong(RECORD_HEAD);
      byte[] instead = new byte[body.limit() - GIVEN_UP_HEAD];
      body.get(GIVEN_UP_HEAD, instead);
      (direction == Direction.TO_HOST ? toHost : toRunner).skip(offset, end, instead);
      return message(
          connection, direction, kind, offset, end, body.getLong(NUMBER), List.of(), head, frame);
    }
    if (kind != Kind.RECORD || body.limit() < RECORD_HEAD) {
      return message(connection, direction, kind, 0, 0, 0, List.of(), head, frame);
    }
    long offset = body.getLong(1);
    long end = offset + body.limit() - RECORD_HEAD;
    long ack = body.getLong(NUMBER);
    body.position(RECORD_HEAD);
    List<String> carries =
        (direction == Direction.TO_HOST ? toHost : toRunner).see(offset, end, body.slice());
    return message(connection, direction, kind, offset, end, ack, carries, head, frame);
  }

  private static LinkMessage message(
      int connection,
      Direction direction,
      Kind kind,
      long offset,
      long end,
      long ack,
      List<String> carries,
      int head,
      byte[] frame) {
    return new LinkMessage(
        connection, direction, kind, offset, end, ack, carries, head, frame.length);
  }

  /** One direction. */
  private final class Stream {
    private final FrameReader frames = new FrameReader();
    private final MessageReader messages = new MessageReader();
    private final TreeMap<Long, String> ends = new TreeMap<>(); // what is complete at an offset
    private long seen;
    private long parsed;

    List<String> see(long offset, long end, ByteBuffer data) {
      if (offset <= seen && end > seen) {
        data.position((int) (seen - offset));
        frames.feed(data, this::whole);
        seen = end;
      }
      return List.copyOf(ends.subMap(offset, false, end, true).values());
    }

    /** Another frame stands in for one that ends there. */
    void skip(long offset, long end, byte[] instead) {
      if (offset <= seen && end > seen) {
        int size = ByteBuffer.wrap(instead).getInt() + Integer.BYTES;
        frames.instead(ByteBuffer.wrap(Arrays.copyOf(instead, size)), this::name);
        seen = end;
        parsed = end;
      }
    }

    private void whole(Frame frame) {
      parsed += frame.size();
      name(frame).ifPresent(name -> ends.put(parsed, name));
    }

    private Optional<String> name(Frame frame) {
      if (frame.kind() != FrameKind.MESSAGE && frame.kind() != FrameKind.RELAY) {
        return Optional.of(frame.kind().name());
      }
      Message message = messages.accept(frame);
      return Optional.ofNullable(message).map(this::name);
    }

    private String name(Message message) {
      EnvelopePeek peek = EnvelopePeek.of(message.envelope());
      boolean fromHost = this == toRunner;
      if (peek.method() != null) {
        if (fromHost && peek.id() != null) {
          asked.put(peek.id(), peek.method());
        }
        return peek.method();
      }
      return message.kind() == FrameKind.RELAY
          ? "tool.result"
          : asked.getOrDefault(peek.id(), "unknown") + ".result";
    }
  }
}
