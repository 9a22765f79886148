package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import dev.pyvisor.TimeLimit;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.TransportLost;
import dev.pyvisor.log.DebugLog;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Json;
import dev.pyvisor.wire.Message;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What is told of a client whose runner the test plays. */
@Timeout(20)
class TraceTest {
  @TempDir Path directory;
  private Trace trace;
  private ScriptedPeer peer;
  private SessionCore session;

  @BeforeEach
  void join() {
    trace = new Trace(DebugLog.to(file(), Map.of(), new ThreadRoster("0a1b2c3d")));
    peer = new ScriptedPeer(directory, trace);
    session = peer.session(1);
  }

  @AfterEach
  void part() {
    trace.clientClosed("test");
    peer.close();
  }

  private Path file() {
    return directory.resolve("debug.log");
  }

  /** The lines up to the end of the client, without it. */
  private List<JsonNode> log() throws IOException {
    trace.clientClosed("test");
    await().until(() -> Files.exists(file()) && Files.readString(file()).contains("client.closed"));
    List<JsonNode> lines =
        Files.readAllLines(file()).stream().map(line -> Json.MAPPER.readTree(line)).toList();
    return lines.subList(0, lines.size() - 1);
  }

  private static List<String> events(List<JsonNode> lines) {
    return lines.stream().map(line -> line.get("event").asString()).toList();
  }

  private void asks(int cell, String envelope) {
    peer.says(FrameKind.RELAY, 1, 1, cell, envelope);
  }

  @Test
  @Rule("C128")
  void a_cell_begins_before_it_is_sent_and_ends_before_its_outcome_is_there() throws Exception {
    CellOperation cell = session.start(ScriptedPeer.cell(), peer.inCallTime());
    Message request = peer.nextMessage();
    peer.prints(request.cell(), "x");
    peer.completes(request, "x", "", 0);
    cell.result.get(5, TimeUnit.SECONDS);
    List<JsonNode> log = log();
    assertThat(events(log)).containsExactly("cell.start", "cell.end");
    assertThat(log.get(0).get("code_bytes").asInt()).isEqualTo(4);
    assertThat(log.get(0).get("timeout_ms").asInt()).isEqualTo(3_000);
    assertThat(log.get(1).get("stdout_bytes").asInt()).isEqualTo(1);
  }

  @Test
  @Rule("C128")
  void a_call_that_no_tool_is_run_for_and_one_that_its_cell_leaves_behind_are_told()
      throws Exception {
    CellOperation cell = session.start(ScriptedPeer.cell(), peer.inCallTime());
    Message request = peer.nextMessage();
    asks(request.cell(), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"no.such\"}");
    asks(
        request.cell(),
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tool.call\",\"params\":{\"name\":\"t\"}}");
    peer.completes(request, "", "", 1);
    cell.result.get(5, TimeUnit.SECONDS);
    List<JsonNode> log = log();
    assertThat(events(log))
        .containsExactlyInAnyOrder("cell.start", "tool.refused", "tool.cancelled", "cell.end");
    assertThat(log.get(1).get("why").asString()).contains("no.such");
    JsonNode cancelled =
        log.stream()
            .filter(line -> line.get("event").asString().equals("tool.cancelled"))
            .findFirst()
            .orElseThrow();
    assertThat(cancelled.get("call").asString()).isEqualTo("2");
  }

  @Test
  @Rule("C128")
  void a_request_that_fails_is_told_with_how_far_it_came() throws Exception {
    var refused = peer.link.requests().request("no.such", "{}", peer.inCallTime());
    peer.replies(peer.nextMessage(), "\"error\":{\"code\":-32601,\"message\":\"unknown\"}");
    var lost = peer.link.requests().request("status", "{}", peer.inCallTime());
    peer.link.end(new TransportLost("test", Delivery.UNKNOWN, "cut; token=hunter2"));
    assertThat(refused).isCompletedExceptionally();
    assertThat(lost).isCompletedExceptionally();
    List<JsonNode> log = log();
    assertThat(events(log))
        .containsExactly(
            "request.sent", "request.failed", "request.sent", "runner.lost", "request.failed");
    assertThat(log.get(1).get("delivery").asString()).isEqualTo("answered");
    assertThat(log.get(4).get("delivery").asString()).isEqualTo("unknown");
    assertThat(Files.readString(file())).doesNotContain("hunter2");
  }

  /** Whoever closes a client must not wait for people who do not read what they are told. */
  @Test
  @Rule("C134")
  void a_cell_that_is_abandoned_ends_at_once_though_its_watcher_is_stuck_and_is_told_once()
      throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Queue<String> told = new ConcurrentLinkedQueue<>();
    CellRequest watched =
        CellRequest.execute(
            false,
            "pass".getBytes(StandardCharsets.UTF_8),
            Audience.of(
                Optional.empty(),
                Optional.of(
                    text -> {
                      told.add(text);
                      stuck.countDown();
                      awaitQuietly(release);
                    })),
            TimeLimit.none(),
            Duration.ofSeconds(1));
    CellOperation cell = session.start(watched, peer.inCallTime());
    Message request = peer.nextMessage();
    peer.completes(request, "", "", 0);
    assertThat(stuck.await(5, TimeUnit.SECONDS)).isTrue();
    session.abandon(new TransportLost("test", Delivery.UNKNOWN, "the client was closed"));
    assertThat(cell.result).isDone();
    release.countDown();
    CountDownLatch drained = new CountDownLatch(1);
    session.mailbox().post(drained::countDown);
    assertThat(drained.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(events(log())).containsExactly("cell.start", "cell.end");
    assertThat(told).containsExactly("cell 1 completed\n");
  }

  @Test
  @Rule("C130")
  void one_that_is_off_costs_a_call_of_a_tool_no_object() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    CellTrace off = Trace.off().cells();
    ToolDesk desk = new ToolDesk(session, (caller, call, id, progress) -> () -> {});
    Message call = new Message(FrameKind.RELAY, 0, 1, 1, 1, 1, new byte[0], List.of());
    int calls = 10_000;
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int each = 0; each < calls; each++) {
      off.toolStart(desk, call, "1", "t");
      off.toolEnd(session, call, "1", "t", "");
      off.toolCancelled(session, call, "1", "over");
    }
    // The least object has 16 bytes; what the JVM does beside the calls is far less than that.
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(8L * calls);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
