package dev.pyvisor.transport.stdio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.transport.stdio.HostVerbs.Registration;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Json;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.MessageReader;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.JsonNode;

/**
 * The whole translation without a process and without a thread: the test plays the host and the
 * peer, and a clock that stands.
 */
final class Bench {
  static final String WORKSPACE = "/work";
  static final String MARK = "3f9a";

  final LineQueue lines = new LineQueue();
  final List<Frame> frames = new ArrayList<>();
  final AtomicLong clock = new AtomicLong();
  final Courier courier = new Courier(frames::add);
  final Translator translator;
  final HostEar host;
  final PeerEar peer;
  private final LineCutter cutter = new LineCutter(StdioLimits.LINE);
  private final LineCutter written = new LineCutter(2 * StdioLimits.LINE);
  private final Queue<String> read = new ArrayDeque<>();
  private int requests = 100;
  private int messages;
  private int looked;

  /** With a stranger for a peer. */
  Bench() {
    this(Registration.COSTS_STATE);
  }

  Bench(Registration registration) {
    translator = new Translator(lines, courier::add, WORKSPACE, registration, clock::get);
    host = new HostEar(translator, () -> MARK, "incarnation", 4711, clock::get);
    peer = new PeerEar(translator);
  }

  /** With a session, its probe answered and all of that forgotten. */
  static Bench opened() {
    return new Bench().open();
  }

  Bench open() {
    asks("session.open", "{\"name\":\"main\"}");
    answers("{}");
    messages();
    frames.clear();
    looked = 0;
    return this;
  }

  // ---- the host ----

  /** Sends a request to the supervisor; returns its id. */
  int asks(String method, String params) {
    int id = ++requests;
    sends(message(FrameKind.MESSAGE, 0, 0, JsonRpc.request(id, method, params)));
    return id;
  }

  /** Sends a cell; returns the id of its request. */
  int cell(int cell, String method, String params, String... attachments) {
    int id = ++requests;
    List<byte[]> bytes = new ArrayList<>();
    for (String attachment : attachments) {
      bytes.add(attachment.getBytes(StandardCharsets.UTF_8));
    }
    sends(
        new Message(
            FrameKind.MESSAGE,
            0,
            1,
            0,
            cell,
            ++messages,
            JsonRpc.request(id, method, params),
            bytes));
    return id;
  }

  int executes(int cell, String code) {
    return cell(cell, "execute", "{\"graceMs\":2000}", code);
  }

  /** Answers a tool call of a cell. */
  void tool(int cell, String id, String resultOrError) {
    byte[] envelope =
        ("{\"jsonrpc\":\"2.0\",\"id\":" + id + "," + resultOrError + "}")
            .getBytes(StandardCharsets.UTF_8);
    sends(message(FrameKind.RELAY, 1, cell, envelope));
  }

  private Message message(FrameKind kind, int session, int cell, byte[] envelope) {
    return new Message(kind, 0, session, 1, cell, ++messages, envelope, List.of());
  }

  void sends(Message message) {
    Voice.cut(message, host::take);
    courier.deliver();
  }

  void sends(Frame frame) {
    host.take(frame);
    courier.deliver();
  }

  /** The messages that have come to the host since the last look, and no output. */
  List<Message> messages() {
    MessageReader reader = new MessageReader();
    List<Message> found = new ArrayList<>();
    for (; looked < frames.size(); looked++) {
      Frame frame = frames.get(looked);
      assertThat(frame.size()).isLessThanOrEqualTo(Limits.FRAME);
      if (frame.kind() == FrameKind.MESSAGE || frame.kind() == FrameKind.RELAY) {
        Message message = reader.accept(frame);
        if (message != null) {
          found.add(message);
        }
      }
    }
    return found;
  }

  List<JsonNode> envelopes() {
    return messages().stream().map(Bench::envelope).toList();
  }

  /** The one message that has come. */
  JsonNode envelope() {
    List<JsonNode> found = envelopes();
    assertThat(found).hasSize(1);
    return found.get(0);
  }

  static JsonNode envelope(Message message) {
    return Json.MAPPER.readTree(message.envelope());
  }

  /** All output of one stream, late or not, that has come so far. */
  String output(FrameKind stream) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    frames.stream()
        .filter(frame -> frame.kind() == stream)
        .forEach(frame -> bytes.writeBytes(frame.body()));
    return bytes.toString(StandardCharsets.UTF_8);
  }

  // ---- the peer ----

  /** The next line that the peer reads, as text; empty where none is there. */
  String line() {
    while (read.isEmpty() && lines.waiting() > 0) {
      takeMore();
    }
    return read.isEmpty() ? "" : read.remove();
  }

  private void takeMore() {
    ByteBuffer buffer = ByteBuffer.allocate(2 * Limits.FRAME);
    try {
      assertThat(lines.take(buffer)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    written.feed(buffer.flip(), line -> read.add(new String(line, StandardCharsets.UTF_8)));
    translator.drained();
    courier.deliver();
  }

  JsonNode lineRead() {
    String line = line();
    assertThat(line).as("a line for the peer").isNotEmpty();
    return Json.MAPPER.readTree(line);
  }

  /** The peer reads the request that is there and answers it with this result. */
  void answers(String result) {
    says("{\"jsonrpc\":\"2.0\",\"id\":" + lineRead().get("id") + ",\"result\":" + result + "}");
  }

  /** The same with an error. */
  void fails(String error) {
    says("{\"jsonrpc\":\"2.0\",\"id\":" + lineRead().get("id") + ",\"error\":" + error + "}");
  }

  void says(String line) {
    try {
      cutter.feed(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)), peer::line);
    } finally {
      courier.deliver();
    }
  }

  void calls(long id, String name, String args) {
    says(
        "{\"jsonrpc\":\"2.0\",\"method\":\"tool_call\",\"params\":{\"name\":\""
            + name
            + "\",\"args\":"
            + args
            + ",\"kwargs\":{}},\"id\":"
            + id
            + "}");
  }
}
