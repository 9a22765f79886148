package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Defaults;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.ProtocolViolated;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.error.RunnerGone;
import dev.pyvisor.error.TransportLost;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateSource;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.Flag;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.ProtocolError;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The bond with a runner that the test plays. */
@Timeout(20)
class LinkTest {
  private static final ExitReport KILLED = new ExitReport("it ended", OptionalInt.of(137), "");

  @TempDir Path directory;
  private ScriptedPeer peer;

  @BeforeEach
  void join() {
    peer = new ScriptedPeer(directory);
  }

  @AfterEach
  void part() {
    peer.close();
  }

  @Test
  @Rule({"SES-10", "SES-5"})
  void a_reply_settles_its_own_request_whatever_the_order() throws Exception {
    CompletableFuture<JsonNode> first = request("a");
    CompletableFuture<JsonNode> second = request("b");
    Message askedFirst = peer.nextMessage();
    Message askedSecond = peer.nextMessage();
    peer.replies(askedSecond, "\"result\":2");
    peer.replies(askedFirst, "\"result\":1");
    assertThat(first.get().intValue()).isEqualTo(1);
    assertThat(second.get().intValue()).isEqualTo(2);
  }

  @Test
  @Rule({"SES-4", "H5", "H6"})
  void late_and_unknown_replies_are_dropped_and_counted() throws Exception {
    CompletableFuture<JsonNode> late = request("a");
    Message asked = peer.nextMessage();
    peer.timer.advance(ScriptedPeer.CALL_TIMEOUT);
    assertFailed(late, CallTimedOut.class, Delivery.UNKNOWN);
    CompletableFuture<JsonNode> next = request("b");
    peer.replies(asked, "\"result\":\"stale\"");
    peer.says(FrameKind.MESSAGE, 0, 0, 0, "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":1}");
    assertThat(peer.link.counters().lateReplies()).isEqualTo(2);
    assertThat(next).isNotDone();
    peer.replies(peer.nextMessage(), "\"result\":\"fresh\"");
    assertThat(next.get().stringValue()).isEqualTo("fresh");
  }

  @Test
  @Rule("ERR-2")
  void a_refusal_is_told_by_its_code_not_by_its_text() {
    CompletableFuture<JsonNode> known = request("a");
    peer.replies(
        peer.nextMessage(),
        "\"error\":{\"code\":-32001,\"message\":\"deadline exceeded\",\"data\":{\"code\":\"session_not_found\"}}");
    CallFailed failure = assertFailed(known, CallFailed.class, Delivery.ANSWERED);
    assertThat(failure.code()).isEqualTo(ErrorCode.SESSION_NOT_FOUND);
    CompletableFuture<JsonNode> unknown = request("b");
    peer.replies(peer.nextMessage(), "\"error\":{\"code\":-1,\"message\":\"new\"}");
    CallFailed odd = assertFailed(unknown, CallFailed.class, Delivery.ANSWERED);
    assertThat(odd.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(odd.wireCode()).isEqualTo(-1);
    assertThat(odd).hasMessageContaining("new");
  }

  @Test
  @Rule("SES-10")
  void a_reply_that_this_side_fails_on_settles_its_request_and_is_told_to_the_reader() {
    for (Function<JsonNode, JsonNode> reading :
        List.<Function<JsonNode, JsonNode>>of(
            result -> {
              throw new IllegalStateException("a defect");
            },
            result -> {
              throw new StackOverflowError("a defect");
            })) {
      CompletableFuture<JsonNode> open =
          peer.link.requests().request("a", "{}", peer.inCallTime(), reading);
      Message asked = peer.nextMessage();
      assertThatThrownBy(() -> peer.replies(asked, "\"result\":1")).hasMessage("a defect");
      CallFailed failure = assertFailed(open, CallFailed.class, Delivery.ANSWERED);
      assertThat(failure.code()).isEqualTo(ErrorCode.INTERNAL);
      assertThat(failure)
          .hasMessageContaining("the host failed on the reply to a")
          .hasRootCauseMessage("a defect");
    }
  }

  @Test
  @Rule({"SES-9", "SES-10"})
  void a_reply_that_breaks_a_rule_settles_its_request_and_is_told_to_the_reader() {
    ProtocolError misfit = new ProtocolError("SES-9", "a misfit");
    CompletableFuture<JsonNode> open =
        peer.link
            .requests()
            .request(
                "a",
                "{}",
                peer.inCallTime(),
                result -> {
                  throw misfit;
                });
    Message asked = peer.nextMessage();
    assertThatThrownBy(() -> peer.replies(asked, "\"result\":1")).isSameAs(misfit);
    assertThat(assertFailed(open, ProtocolViolated.class, Delivery.ANSWERED))
        .hasMessageContaining("a misfit");
  }

  @Test
  @Rule({"SES-10", "SES-11", "H8"})
  void a_dead_runner_fails_everything_that_is_open_and_each_once() throws Exception {
    List<CompletableFuture<?>> requests = new ArrayList<>();
    AtomicInteger settled = new AtomicInteger();
    for (int i = 0; i < 64; i++) {
      CompletableFuture<JsonNode> request = request("m" + i);
      request.whenComplete((result, failure) -> settled.incrementAndGet());
      requests.add(request);
    }
    SessionCore session = peer.session(1);
    CellOperation running = session.start(ScriptedPeer.cell(), peer.inCallTime());
    for (int i = 0; i <= 64; i++) {
      peer.nextMessage();
    }
    CellOperation waiting = session.start(ScriptedPeer.cell(), peer.inCallTime());
    peer.link.onClosed(KILLED);
    peer.link.onClosed(KILLED);
    for (CompletableFuture<?> request : requests) {
      RunnerGone gone = assertFailed(request, RunnerGone.class, Delivery.UNKNOWN);
      assertThat(gone.report().signal()).hasValue(9);
    }
    assertThat(settled).hasValue(64);
    CellResult lost = running.result.get(5, TimeUnit.SECONDS);
    assertThat(lost.outcome().kind()).isEqualTo(OutcomeKind.UNKNOWN);
    assertThat(lost.outcome().cause().orElseThrow().kind()).isEqualTo("runner_gone");
    assertThat(lost.outcome().state().source()).isEqualTo(StateSource.NONE);
    CellResult never = waiting.result.get(5, TimeUnit.SECONDS);
    assertThat(never.outcome().kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
    assertFailed(request("after"), RunnerGone.class, Delivery.NEVER_SENT);
    assertThat(session.start(ScriptedPeer.cell(), peer.inCallTime()).result.get().outcome().kind())
        .isEqualTo(OutcomeKind.NEVER_STARTED);
  }

  @Test
  @Rule({"H6", "SES-4", "LIF-8"})
  void what_a_runner_still_says_after_its_end_reaches_nobody() throws Exception {
    List<Object> heard = new ArrayList<>();
    ToolRunner tools =
        (core, call, id, progress) -> {
          heard.add(call);
          return () -> {};
        };
    SessionCore session = peer.session(1, tools);
    session.life().onLateOutput(heard::add);
    session.life().onGeneration(heard::add);
    CellOperation running = session.start(ScriptedPeer.cell(), peer.inCallTime());
    Message asked = peer.nextMessage();
    peer.link.end(new TransportLost("test", Delivery.UNKNOWN, "silent"));
    assertThat(running.result.get(5, TimeUnit.SECONDS).outcome().kind())
        .isEqualTo(OutcomeKind.UNKNOWN);

    peer.prints(1, "late");
    peer.says(
        FrameKind.RELAY,
        1,
        1,
        1,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tool.call\",\"params\":{\"name\":\"t\"}}");
    peer.says(
        FrameKind.MESSAGE,
        1,
        0,
        0,
        "{\"jsonrpc\":\"2.0\",\"method\":\"generation\",\"params\":{\"session\":1,"
            + "\"generation\":2,\"reason\":\"crashed\",\"state\":{\"preserved\":false,"
            + "\"source\":\"fresh\",\"restored\":[],\"lost\":[]}}}");
    peer.completes(asked, "late", "", 1);
    CompletableFuture<Void> delivered = new CompletableFuture<>();
    session.mailbox().post(() -> delivered.complete(null));
    delivered.get(5, TimeUnit.SECONDS);

    assertThat(heard).isEmpty();
    assertThat(session.generation()).isEqualTo(1);
    assertThat(peer.link.counters().staleFrames()).isEqualTo(4);
    assertThat(peer.nothingSent()).isTrue();
  }

  @Test
  @Rule("LIF-8")
  void what_a_session_left_half_told_is_forgotten_once_the_runner_has_closed_it() {
    Frame begun = begun();
    SessionCore session = peer.session(1);
    peer.link.onFrame(begun);
    assertThatThrownBy(() -> peer.link.onFrame(begun)).hasMessageContaining("FRM-13");
    CompletableFuture<JsonNode> closed = session.close(peer.inCallTime());
    Message asked = peer.nextMessage();
    assertThat(text(asked)).contains("session.close");
    peer.replies(asked, "\"result\":{}");
    assertThat(closed).isCompleted();
    assertThatCode(() -> peer.link.onFrame(begun)).doesNotThrowAnyException();
  }

  @Test
  @Rule({"LIF-8", "H5"})
  void it_is_forgotten_too_where_the_close_is_answered_late() {
    Frame begun = begun();
    SessionCore session = peer.session(1);
    peer.link.onFrame(begun);
    CompletableFuture<JsonNode> closed = session.close(peer.inCallTime());
    Message asked = peer.nextMessage();
    peer.timer.advance(ScriptedPeer.CALL_TIMEOUT);
    assertFailed(closed, CallTimedOut.class, Delivery.UNKNOWN);
    peer.replies(asked, "\"result\":{}");
    assertThatCode(() -> peer.link.onFrame(begun)).doesNotThrowAnyException();
  }

  /** The beginning of a message of a hundred bytes. */
  private static Frame begun() {
    byte[] head = ByteBuffer.allocate(6).putInt(100).putShort((short) 0).array();
    return new Frame(FrameKind.RELAY, Flag.FIRST.bit(), 0, 1, 1, 1, 7, head);
  }

  @Test
  @Rule({"FRM-7", "SES-11"})
  void a_violation_fails_everything_with_the_rules_name() {
    CompletableFuture<JsonNode> open = request("a");
    peer.link.onViolation(new ProtocolError("FRM-2", "garbage", new byte[] {1}));
    ProtocolViolated failure = assertFailed(open, ProtocolViolated.class, Delivery.UNKNOWN);
    assertThat(failure.rule()).isEqualTo("FRM-2");
    assertThat(failure).hasMessageContaining("first bytes: 01");
  }

  @Test
  @Rule("SES-1")
  void an_error_without_an_id_ends_the_connection() {
    assertThatThrownBy(
            () ->
                peer.says(
                    FrameKind.MESSAGE,
                    0,
                    0,
                    0,
                    "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32013,\"message\":\"bad frame\"}}"))
        .isInstanceOf(ProtocolError.class)
        .hasMessageContaining("bad frame");
  }

  @Test
  @Rule({"SES-2", "SES-3", "SES-6", "SES-7"})
  void what_the_host_cannot_take_is_answered_and_a_notification_is_not() {
    peer.says(FrameKind.MESSAGE, 0, 0, 0, "[]");
    assertThat(text(peer.nextMessage())).contains("-32600").contains("\"id\":null");
    peer.says(
        FrameKind.MESSAGE, 0, 0, 0, "{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"steal\"}");
    assertThat(text(peer.nextMessage()))
        .contains("-32601")
        .contains("\"id\":\"q\"")
        .contains("method_not_found")
        .contains("steal");
    peer.says(FrameKind.MESSAGE, 0, 0, 0, "{\"jsonrpc\":\"2.0\",\"method\":\"steal\"}");
    assertThat(peer.link.counters().ignoredNotifications()).isEqualTo(1);
    assertThat(peer.nothingSent()).isTrue();
  }

  @Test
  @Rule("LIF-1")
  void the_first_frame_must_be_hello_of_this_version() {
    Link fresh = new Link("x", peer.resources);
    assertThatThrownBy(() -> fresh.onFrame(Frame.ping(new byte[0])))
        .hasMessageContaining("LIF-1")
        .hasMessageContaining("PING");
    byte[] newer = "{\"magic\":\"pyvisor\",\"protocol\":2}".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> fresh.onFrame(new Frame(FrameKind.HELLO, 0, 0, 0, 0, 0, 0, newer)))
        .hasMessageContaining("speaks protocol 2, this host speaks 1");
    byte[] other = "{\"magic\":\"bash\",\"protocol\":1}".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> fresh.onFrame(new Frame(FrameKind.HELLO, 0, 0, 0, 0, 0, 0, other)))
        .hasMessageContaining("'bash'");
  }

  @Test
  @Rule({"TRN-3", "TRN-6"})
  void a_ping_is_answered_with_its_bytes() {
    peer.link.onFrame(Frame.ping(new byte[] {1, 2}));
    assertThat(peer.nextFrame()).isEqualTo(Frame.pong(new byte[] {1, 2}));
  }

  @Test
  void a_runner_is_asked_whether_it_lives_only_while_a_call_is_open() {
    assertThat(peer.timer.waiting()).isZero();
    CompletableFuture<JsonNode> open = request("a");
    Message asked = peer.nextMessage();
    peer.timer.advance(Defaults.PING_INTERVAL);
    assertThat(peer.nextFrame().kind()).isEqualTo(FrameKind.PING);
    peer.link.onFrame(Frame.pong(new byte[0]));
    peer.replies(asked, "\"result\":1");
    assertThat(open).isCompleted();
    peer.timer.advance(Defaults.PING_INTERVAL);
    assertThat(peer.timer.waiting()).isZero();
    assertThat(peer.nothingSent()).isTrue();
  }

  @Test
  @Rule("SES-11")
  void a_runner_that_answers_no_ping_is_given_up_at_the_limit_and_not_before() {
    CompletableFuture<JsonNode> open =
        peer.link.requests().request("slow", "{}", Deadline.in(peer.timer, Duration.ofHours(1)));
    peer.nextMessage();
    peer.timer.advance(Defaults.PING_LIMIT);
    assertThat(peer.nextFrame().kind()).isEqualTo(FrameKind.PING);
    assertThat(open).isNotDone();
    peer.timer.advance(Defaults.PING_INTERVAL);
    assertFailed(open, TransportLost.class, Delivery.UNKNOWN);
  }

  @Test
  void a_runner_whose_pong_waits_behind_its_output_is_not_given_up() {
    CompletableFuture<JsonNode> open =
        peer.link.requests().request("slow", "{}", Deadline.in(peer.timer, Duration.ofHours(1)));
    for (int second = 0; second < 60; second++) {
      peer.timer.advance(Defaults.PING_INTERVAL);
      peer.prints(1, "goes on");
    }
    assertThat(open).isNotDone();
  }

  @Test
  void a_request_that_is_too_large_is_refused_before_it_is_sent() {
    String params = "{\"x\":\"" + "y".repeat(Limits.CONTROL_MESSAGE) + "\"}";
    CompletableFuture<JsonNode> large =
        peer.link.requests().request("a", params, peer.inCallTime());
    CallFailed failure = assertFailed(large, CallFailed.class, Delivery.NEVER_SENT);
    assertThat(failure.code()).isEqualTo(ErrorCode.MESSAGE_TOO_LARGE);
    assertThat(peer.nothingSent()).isTrue();
  }

  @Test
  void more_open_requests_than_the_limit_are_refused() {
    for (int i = 0; i < Defaults.OPEN_REQUESTS; i++) {
      request("a");
    }
    CallFailed failure = assertFailed(request("b"), CallFailed.class, Delivery.NEVER_SENT);
    assertThat(failure.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
  }

  private CompletableFuture<JsonNode> request(String method) {
    return peer.link.requests().request(method, "{}", peer.inCallTime());
  }

  private static String text(Message message) {
    return new String(message.envelope(), StandardCharsets.UTF_8);
  }

  private static <T extends RunnerException> T assertFailed(
      CompletableFuture<?> future, Class<T> type, Delivery delivery) {
    try {
      future.get(5, TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      assertThat(failed.getCause()).isInstanceOf(type);
      T failure = type.cast(failed.getCause());
      assertThat(failure.delivery()).isEqualTo(delivery);
      assertThat(failure.runnerId()).isEqualTo("test");
      return failure;
    } catch (Exception other) {
      throw new AssertionError(other);
    }
    throw new AssertionError("it did not fail");
  }
}
