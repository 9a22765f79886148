package dev.pyvisor.transport.stdio;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.FrameReader;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a runner says to its host, as messages, and those as frames.
 *
 * <p>Guarded by the translator.
 */
final class Voice {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private int said = Integer.MIN_VALUE; // FRM-12: a supervisor's numbers are those from 2^31 on
  private int relayed;

  /** The first frame of a connection. */
  static Frame hello(long pid, String incarnation) {
    ObjectNode hello = NODES.objectNode();
    hello.put("magic", "pyvisor").put("protocol", Limits.PROTOCOL_VERSION);
    // The dialect has no greeting: who speaks it is not known.
    hello.put("runner", "stdio").put("incarnation", incarnation).put("pid", pid);
    hello.put("python", "unknown").put("implementation", "unknown");
    hello.putObject("limits").put("frame", Limits.FRAME).put("message", Limits.MESSAGE);
    hello.putArray("capabilities").add("execute").add("variables").add("tools").add("reset");
    return new Frame(FrameKind.HELLO, 0, 0, 0, 0, 0, 0, utf8(hello.toString()));
  }

  Message result(String id, JsonNode result) {
    return message(0, 0, 0, JsonRpc.result(id, utf8(result.toString())));
  }

  Message refusal(String id, ErrorCode code, String text) {
    return message(0, 0, 0, JsonRpc.error(id, code, text));
  }

  /** The terminal of a cell. */
  Message terminal(String id, int session, int generation, int cell, ObjectNode terminal) {
    return message(session, generation, cell, JsonRpc.result(id, utf8(terminal.toString())));
  }

  Message generation(PeerSession session, String reason, ObjectNode state) {
    ObjectNode params = NODES.objectNode();
    params.put("session", session.number).put("generation", session.generation());
    params.put("reason", reason).set("state", state);
    return message(
        session.number, session.generation(), 0, utf8(notification("generation", params)));
  }

  Message report(int session, int generation, int cell, ObjectNode params) {
    return relay(session, generation, cell, notification("cell.report", params));
  }

  /** {@code id}: the call's, as JSON text. */
  Message toolCall(PeerSession session, String id, ObjectNode params) {
    // What is routed by stands in front of what may be large.
    String envelope =
        "{\"jsonrpc\":\"2.0\",\"id\":"
            + id
            + ",\"method\":\"tool.call\",\"params\":"
            + params
            + "}";
    return relay(session.number, session.generation(), session.cell(), envelope);
  }

  /** The frames of a message, in order. */
  static void cut(Message message, Consumer<Frame> frames) {
    MessageWriter writer = new MessageWriter(message);
    FrameReader reader = new FrameReader();
    ByteBuffer frame =
        ByteBuffer.allocate((int) Math.min(Limits.FRAME, Limits.FRAME_HEADER + writer.cost()));
    while (!writer.finished()) {
      writer.writeNext(frame);
      reader.feed(frame.flip(), frames);
      frame.clear();
    }
  }

  private static String notification(String method, ObjectNode params) {
    return "{\"jsonrpc\":\"2.0\",\"method\":\"" + method + "\",\"params\":" + params + "}";
  }

  private Message message(int session, int generation, int cell, byte[] envelope) {
    return new Message(
        FrameKind.MESSAGE, 0, session, generation, cell, said++, envelope, List.of());
  }

  private Message relay(int session, int generation, int cell, String envelope) {
    relayed = relayed == Integer.MAX_VALUE ? 1 : relayed + 1;
    return new Message(
        FrameKind.RELAY, 0, session, generation, cell, relayed, utf8(envelope), List.of());
  }

  private static byte[] utf8(String json) {
    return json.getBytes(StandardCharsets.UTF_8);
  }
}
