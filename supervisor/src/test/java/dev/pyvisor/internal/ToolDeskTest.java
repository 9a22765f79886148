package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.CellListener;
import dev.pyvisor.Defaults;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.tool.ToolEvent;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tool calls of a kernel that the test plays; the tools are the test's too. */
@Timeout(20)
class ToolDeskTest {
  @TempDir Path directory;
  private final List<Handed> handed = new CopyOnWriteArrayList<>();
  private ScriptedPeer peer;
  private SessionCore session;

  /** A call as it was handed to where tools run. */
  private static final class Handed implements ToolRunner.Run {
    final String id;
    final ToolRunner.Progress progress;
    final CountDownLatch cancelled = new CountDownLatch(1);

    Handed(String id, ToolRunner.Progress progress) {
      this.id = id;
      this.progress = progress;
    }

    @Override
    public void cancel() {
      cancelled.countDown();
    }

    void answers(String result) {
      progress.answer(JsonRpc.result(id, result), List.of());
    }
  }

  @BeforeEach
  void join() {
    peer = new ScriptedPeer(directory);
    session =
        peer.session(
            1,
            (caller, call, id, progress) -> {
              Handed found = new Handed(id, progress);
              handed.add(found);
              return found;
            });
  }

  @AfterEach
  void part() {
    peer.close();
  }

  @Test
  @Rule({"SES-5", "C48"})
  void answers_go_to_their_callers_in_whatever_order_they_come() {
    call("1", 1);
    call("\"two\"", 1);
    handed.get(1).answers("\"second\"");
    handed.get(0).answers("\"first\"");
    assertThat(text(peer.nextMessage()))
        .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":\"two\",\"result\":\"second\"}");
    Message first = peer.nextMessage();
    assertThat(text(first)).contains("\"id\":1,");
    assertThat(first.kind()).isEqualTo(FrameKind.RELAY);
    assertThat(first.generation()).isEqualTo(1);
    assertThat(first.cell()).isEqualTo(1);
  }

  @Test
  @Rule({"LIF-12", "SES-4"})
  void a_call_that_is_open_when_its_cell_ends_is_cancelled_and_its_answer_is_late()
      throws Exception {
    CellOperation cell = session.start(ScriptedPeer.cell(), peer.inCallTime());
    Message request = peer.nextMessage();
    call("7", request.cell());
    peer.completes(request, "", "", 1);
    assertThat(cell.result.get(5, TimeUnit.SECONDS).outcome().ok()).isTrue();
    assertThat(handed.get(0).cancelled.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(text(peer.nextMessage())).contains("\"id\":7").contains("cancelled");
    handed.get(0).answers("1");
    assertThat(peer.nothingSent()).isTrue();
    assertThat(peer.link.counters().lateReplies()).isEqualTo(1);
  }

  @Test
  @Rule("LIF-12")
  void a_kernel_can_take_a_call_back() throws Exception {
    call("7", 1);
    call("8", 1);
    peer.says(
        FrameKind.RELAY,
        1,
        1,
        1,
        "{\"jsonrpc\":\"2.0\",\"method\":\"tool.cancel\",\"params\":{\"id\":7}}");
    assertThat(handed.get(0).cancelled.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(handed.get(1).cancelled.getCount()).isEqualTo(1);
    handed.get(1).answers("8");
    assertThat(text(peer.nextMessage())).contains("\"id\":8");
  }

  @Test
  @Rule("LIF-13")
  void a_call_that_comes_when_no_cell_runs_is_answered_like_any_other() {
    call("7", 0);
    handed.get(0).answers("8");
    assertThat(text(peer.nextMessage())).contains("\"result\":8");
  }

  @Test
  @Rule("LIF-8")
  void calls_end_with_their_generation() throws Exception {
    call("7", 1);
    session.newGeneration(2);
    assertThat(handed.get(0).cancelled.await(5, TimeUnit.SECONDS)).isTrue();
    handed.get(0).answers("1");
    assertThat(peer.nothingSent()).isTrue();
  }

  @Test
  void more_calls_than_the_limit_are_refused_with_the_figures() {
    for (int i = 0; i < Limits.TOOL_CALLS; i++) {
      call(Integer.toString(i), 1);
    }
    call("999", 1);
    assertThat(handed).hasSize(Limits.TOOL_CALLS);
    assertThat(text(peer.nextMessage()))
        .contains("\"id\":999")
        .contains("resource_exhausted")
        .contains("\"max\":128")
        .contains("\"current\":128");
    handed.get(0).answers("0");
    peer.nextMessage();
    call("1000", 1);
    assertThat(handed).hasSize(Limits.TOOL_CALLS + 1);
  }

  @Test
  @Rule({"SES-1", "SES-2", "SES-6", "SES-7", "SES-8"})
  void what_a_kernel_should_not_say_is_answered_by_the_rules() {
    call("7", 1);
    call("7", 1);
    assertThat(text(peer.nextMessage())).contains("-32600").contains("already in use");
    peer.says(
        FrameKind.RELAY, 1, 1, 1, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"format_disk\"}");
    assertThat(text(peer.nextMessage())).contains("-32601").contains("format_disk");
    peer.says(FrameKind.RELAY, 1, 1, 1, "no json");
    assertThat(text(peer.nextMessage())).contains("-32700").contains("\"id\":null");
    peer.says(FrameKind.RELAY, 1, 1, 1, "{\"jsonrpc\":\"2.0\",\"method\":\"format_disk\"}");
    peer.says(FrameKind.RELAY, 1, 1, 1, "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":1}");
    peer.says(
        FrameKind.RELAY, 1, 1, 1, "{\"jsonrpc\":\"2.0\",\"method\":\"tool.cancel\",\"params\":{}}");
    assertThat(peer.nothingSent()).isTrue();
    assertThat(handed).hasSize(1);
  }

  @Test
  void an_answer_that_is_too_large_becomes_an_error_that_says_so() {
    call("7", 1);
    handed
        .get(0)
        .progress
        .answer(JsonRpc.result("7", "1"), List.of(new byte[Limits.MESSAGE], new byte[1]));
    assertThat(text(peer.nextMessage())).contains("message_too_large").contains("67108864");
  }

  @Test
  @Rule("SES-10")
  void a_call_that_no_thread_can_run_is_answered_once_and_with_the_reason() {
    call("7", 1);
    byte[] refusal =
        JsonRpc.error("7", ErrorCode.RESOURCE_EXHAUSTED, "no thread can be made for a tool");
    handed.get(0).progress.refused(refusal);
    assertThat(text(peer.nextMessage()))
        .contains("\"id\":7")
        .contains("resource_exhausted")
        .contains("no thread can be made");
    handed.get(0).progress.refused(refusal);
    handed.get(0).answers("1");
    assertThat(peer.nothingSent()).isTrue();
    assertThat(peer.link.counters().lateReplies()).isEqualTo(1);
  }

  @Test
  @Rule({"TRN-1", "TRN-2"})
  void a_tool_waits_for_room_and_stops_waiting_when_its_call_is_over() throws Exception {
    byte[] half = new byte[Defaults.OUTBOUND_BYTES / 2 + Limits.KERNEL_WINDOW];
    for (int i = 0; i < 3; i++) {
      call(Integer.toString(i), 1);
    }
    CompletableFuture<Void> first = answering(0, half);
    first.get(5, TimeUnit.SECONDS);
    CompletableFuture<Void> second = answering(1, half);
    CompletableFuture<Void> third = answering(2, half);
    assertThat(second.isDone() || third.isDone()).isFalse();
    session.newGeneration(2);
    second.get(5, TimeUnit.SECONDS);
    third.get(5, TimeUnit.SECONDS);
  }

  private CompletableFuture<Void> answering(int index, byte[] bytes) {
    Handed call = handed.get(index);
    return CompletableFuture.runAsync(
        () -> call.progress.answer(JsonRpc.result(call.id, "1"), List.of(bytes)), peer.callbacks);
  }

  @Test
  void the_listener_hears_of_tools_between_the_output_before_and_behind() throws Exception {
    List<String> heard = new CopyOnWriteArrayList<>();
    CellOperation cell =
        session.start(
            ScriptedPeer.cell(
                new CellListener() {
                  @Override
                  public void onOutput(dev.pyvisor.outcome.OutputChunk chunk) {
                    heard.add(chunk.text());
                  }

                  @Override
                  public void onToolStarted(ToolEvent event) {
                    heard.add("start " + event.name());
                  }

                  @Override
                  public void onToolProgress(ToolEvent event, String message) {
                    heard.add(message);
                  }

                  @Override
                  public void onToolFinished(ToolEvent event) {
                    heard.add("end " + event.failure().orElse("well"));
                  }
                }),
            peer.inCallTime());
    Message request = peer.nextMessage();
    peer.prints(1, "a");
    call("1", 1);
    call("2", 1);
    ToolEvent one = new ToolEvent("add", "1", 1, Optional.empty());
    ToolEvent two = new ToolEvent("sub", "2", 1, Optional.empty());
    handed.get(0).progress.started(one);
    handed.get(0).progress.progress(one, "half");
    handed.get(0).progress.finished(one);
    handed.get(1).progress.started(two);
    peer.prints(1, "b");
    peer.completes(request, "ab", "", 2);
    cell.result.get(5, TimeUnit.SECONDS);
    assertThat(heard)
        .containsExactly("a", "start add", "half", "end well", "start sub", "b", "end cancelled");
    handed.get(1).progress.finished(two);
    assertThat(heard).hasSize(7);
  }

  private void call(String id, int cell) {
    peer.says(
        FrameKind.RELAY,
        1,
        1,
        cell,
        "{\"jsonrpc\":\"2.0\",\"id\":"
            + id
            + ",\"method\":\"tool.call\",\"params\":{\"name\":\"t\",\"args\":[],\"kwargs\":{}}}");
  }

  private static String text(Message message) {
    return new String(message.envelope(), StandardCharsets.UTF_8);
  }
}
