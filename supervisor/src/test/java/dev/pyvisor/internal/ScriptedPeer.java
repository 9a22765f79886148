package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.CellListener;
import dev.pyvisor.TimeLimit;
import dev.pyvisor.outcome.StreamName;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.EnvelopePeek;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.FrameReader;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.MessageReader;
import dev.pyvisor.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;

/**
 * A runner played by the test, joined to a link in memory: says what the test tells it, and shows
 * what the link sends. The test's thread is the reader.
 */
final class ScriptedPeer implements AutoCloseable {
  static final Duration CALL_TIMEOUT = Duration.ofSeconds(5);
  private static final int PATIENCE_SECONDS = 10;

  final ManualTimer timer = new ManualTimer();
  final ExecutorService callbacks = Executors.newCachedThreadPool();
  final ClientResources resources;
  final Link link;
  private final BlockingQueue<Object> sent = new LinkedBlockingQueue<>();
  private final Thread writer;
  private int number;

  ScriptedPeer(Path directory) {
    this(directory, Trace.off());
  }

  ScriptedPeer(Path directory, Trace trace) {
    resources =
        new ClientResources(
            directory,
            timer,
            new Counters(),
            trace,
            new CallbackExecutor(callbacks, callbacks),
            false);
    link = new Link("test", resources);
    writer = new Thread(this::write, "test-writer");
    writer.setDaemon(true);
    writer.start();
    byte[] hello =
        ("{\"magic\":\"pyvisor\",\"protocol\":1,\"runner\":\"0\",\"incarnation\":\"i\",\"pid\":1,"
                + "\"python\":\"3.11.7\",\"implementation\":\"cpython\"}")
            .getBytes(StandardCharsets.UTF_8);
    link.onFrame(new Frame(FrameKind.HELLO, 0, 0, 0, 0, 0, 0, hello));
  }

  private void write() {
    FrameReader frames = new FrameReader();
    MessageReader messages = new MessageReader();
    ByteBuffer buffer = ByteBuffer.allocate(2 * Limits.FRAME);
    try {
      while (link.outbox().take(buffer)) {
        frames.feed(
            buffer.flip(),
            frame -> {
              if (frame.kind() == FrameKind.MESSAGE || frame.kind() == FrameKind.RELAY) {
                Message message = messages.accept(frame);
                if (message != null) {
                  sent.add(message);
                }
              } else {
                sent.add(frame);
              }
            });
        buffer.clear();
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  SessionCore session(int id) {
    return session(id, (session, call, callId, progress) -> () -> {});
  }

  SessionCore session(int id, ToolRunner tools) {
    SessionCore session =
        new SessionCore(
            link,
            id,
            1,
            new SessionLife("session-" + id, resources.newMailbox()),
            core -> new ToolDesk(core, tools));
    link.enter(session);
    return session;
  }

  static CellRequest cell(CellListener... listener) {
    return CellRequest.execute(
        false,
        "pass".getBytes(StandardCharsets.UTF_8),
        listener.length == 0
            ? Optional.empty()
            : Audience.of(Optional.of(listener[0]), Optional.empty()),
        TimeLimit.of(Duration.ofSeconds(3)),
        Duration.ofSeconds(1));
  }

  Deadline inCallTime() {
    return Deadline.in(timer, CALL_TIMEOUT);
  }

  // ---- what the link sends ----

  /** The next message; what the link asks by itself before it is passed over. */
  Message nextMessage() {
    Object found = next();
    while (isAskedByItself(found)) {
      found = next();
    }
    assertThat(found).as("what the link sends next").isInstanceOf(Message.class);
    return (Message) found;
  }

  Frame nextFrame() {
    Object found = next();
    assertThat(found).as("what the link sends next").isInstanceOf(Frame.class);
    return (Frame) found;
  }

  private Object next() {
    try {
      Object found = sent.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(found).as("what the link sends next").isNotNull();
      return found;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The next question for the runner's status. */
  Message nextStatus() {
    Object found = next();
    while (!isStatus(found)) {
      found = next();
    }
    return (Message) found;
  }

  private static boolean isAskedByItself(Object found) {
    return isStatus(found) || (found instanceof Frame frame && frame.kind() == FrameKind.PING);
  }

  private static boolean isStatus(Object found) {
    return found instanceof Message message
        && message.session() == 0
        && "status".equals(EnvelopePeek.of(message.envelope()).method());
  }

  boolean nothingSent() {
    sent.removeIf(ScriptedPeer::isAskedByItself);
    return sent.isEmpty();
  }

  static String id(Message message) {
    return ((Envelope.Request) JsonRpc.parse(message.envelope())).id();
  }

  // ---- what the runner says ----

  void says(Message message) {
    MessageWriter writer = new MessageWriter(message);
    FrameReader frames = new FrameReader();
    while (!writer.finished()) {
      ByteBuffer frame = ByteBuffer.allocate(Limits.FRAME);
      writer.writeNext(frame);
      frames.feed(frame.flip(), link::onFrame);
    }
  }

  void says(FrameKind kind, int session, int generation, int cell, String envelope) {
    says(
        new Message(
            kind,
            0,
            session,
            generation,
            cell,
            ++number,
            envelope.getBytes(StandardCharsets.UTF_8),
            List.of()));
  }

  void prints(StreamName stream, int cell, int flags, byte[] bytes) {
    FrameKind kind = stream == StreamName.STDOUT ? FrameKind.STDOUT : FrameKind.STDERR;
    link.onFrame(new Frame(kind, flags, 0, 1, 1, cell, 0, bytes));
  }

  void prints(int cell, String text) {
    prints(StreamName.STDOUT, cell, 0, text.getBytes(StandardCharsets.UTF_8));
  }

  /** The terminal of a cell that wrote this and nothing else. */
  void completes(Message cell, String stdout, String stderr, int toolCalls) {
    replies(
        cell,
        "\"result\":{\"outcome\":\"completed\",\"generation\":1,\"state\":{\"preserved\":true,"
            + "\"source\":\"live\",\"restored\":[],\"lost\":[]},\"totals\":{\"stdout\":"
            + total(stdout)
            + ",\"stderr\":"
            + total(stderr)
            + ",\"toolCalls\":"
            + toolCalls
            + "},\"elapsedNanos\":5,\"cpuNanos\":4,\"peakMemoryBytes\":3}");
  }

  /** The terminal of a cell that ended otherwise; {@code fields}: more of it, each with a comma. */
  void ends(Message cell, String outcome, String fields) {
    replies(
        cell,
        "\"result\":{\"outcome\":\""
            + outcome
            + "\","
            + fields
            + "\"generation\":1,\"state\":{\"preserved\":true,\"source\":\"live\"},\"totals\":{\"stdout\":"
            + total("")
            + ",\"stderr\":"
            + total("")
            + ",\"toolCalls\":0}}");
  }

  void replies(Message request, String resultOrError) {
    says(
        FrameKind.MESSAGE,
        request.session(),
        1,
        request.cell(),
        "{\"jsonrpc\":\"2.0\",\"id\":" + id(request) + "," + resultOrError + "}");
  }

  private static String total(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return "{\"bytes\":" + bytes.length + ",\"crc32\":" + crc.getValue() + "}";
  }

  @Override
  public void close() {
    writer.interrupt();
    callbacks.shutdownNow();
  }
}
