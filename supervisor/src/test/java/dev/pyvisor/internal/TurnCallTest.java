package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.GenerationChange;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.ProtocolViolated;
import dev.pyvisor.error.RunnerGone;
import dev.pyvisor.outcome.StateSource;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.Fields;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.ProtocolError;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.JsonNodeFactory;

/** What touches a session's state as a whole, with a runner that the test plays. */
@Timeout(20)
class TurnCallTest {
  @TempDir Path directory;
  private ScriptedPeer peer;
  private SessionCore session;

  @BeforeEach
  void join() {
    peer = new ScriptedPeer(directory);
    session = peer.session(1);
  }

  @AfterEach
  void part() {
    peer.close();
  }

  @Test
  @Rule("LIF-2")
  void it_waits_for_the_cells_before_it_and_those_behind_wait_for_it() {
    CellOperation before = start();
    CompletableFuture<Integer> rollback = rollback();
    CellOperation behind = start();
    Message cell = peer.nextMessage();
    assertThat(peer.nothingSent()).isTrue();
    peer.completes(cell, "", "", 0);
    assertThat(before.result).isCompleted();
    Message asked = peer.nextMessage();
    assertThat(asked.session()).isZero();
    assertThat(new String(asked.envelope(), StandardCharsets.UTF_8))
        .contains("\"method\":\"rollback\"")
        .contains("\"params\":{\"name\":\"base\",\"session\":1}");
    assertThat(peer.nothingSent()).isTrue();
    peer.replies(asked, "\"result\":{\"generation\":2}");
    assertThat(rollback.join()).isEqualTo(2);
    assertThat(session.generation()).isEqualTo(2);
    peer.completes(peer.nextMessage(), "", "", 0);
    assertThat(behind.result).isCompleted();
  }

  @Test
  @Rule("SES-5")
  void a_refusal_ends_it_and_its_turn() {
    CompletableFuture<Integer> rollback = rollback();
    CellOperation behind = start();
    peer.replies(
        peer.nextMessage(),
        "\"error\":{\"code\":-32602,\"message\":\"rollback: no checkpoint 'base'; there are:"
            + " none\",\"data\":{\"code\":\"invalid_argument\"}}");
    assertThatThrownBy(rollback::join)
        .cause()
        .isInstanceOfSatisfying(
            CallFailed.class,
            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessageContaining("there are: none");
    peer.completes(peer.nextMessage(), "", "", 0);
    assertThat(behind.result).isCompleted();
  }

  @Test
  void past_its_deadline_its_turn_goes_on_until_the_runner_has_answered() {
    CompletableFuture<Integer> rollback = rollback();
    Message asked = peer.nextMessage();
    CellOperation behind = start();
    peer.timer.advance(ScriptedPeer.CALL_TIMEOUT);
    assertThatThrownBy(rollback::join)
        .cause()
        .isInstanceOfSatisfying(
            CallTimedOut.class, late -> assertThat(late.delivery()).isEqualTo(Delivery.UNKNOWN));
    assertThat(peer.nothingSent()).isTrue();
    peer.replies(asked, "\"result\":{\"generation\":2}");
    assertThat(session.generation()).isEqualTo(2);
    peer.completes(peer.nextMessage(), "", "", 0);
    assertThat(behind.result).isCompleted();
  }

  @Test
  @Rule("SES-11")
  void the_runners_death_ends_it_and_says_whether_it_was_sent() {
    CompletableFuture<Integer> sent = rollback();
    peer.nextMessage();
    CompletableFuture<Integer> waiting = rollback();
    peer.link.onClosed(new ExitReport("it ended", OptionalInt.of(1), ""));
    assertThat(delivery(sent)).isEqualTo(Delivery.UNKNOWN);
    assertThat(delivery(waiting)).isEqualTo(Delivery.NEVER_SENT);
  }

  @Test
  void an_answer_that_cannot_be_read_ends_the_connection_and_with_it_the_call() {
    CompletableFuture<Integer> rollback = rollback();
    Message asked = peer.nextMessage();
    assertThatThrownBy(() -> peer.replies(asked, "\"result\":{}"))
        .isInstanceOfSatisfying(ProtocolError.class, peer.link::onViolation);
    assertThat(rollback).isCompletedExceptionally();
  }

  @Test
  @Rule("SES-9")
  void a_branch_whose_workspace_is_no_path_here_ends_and_says_why() {
    SessionLife branch = new SessionLife("branch", peer.resources.newMailbox());
    CompletableFuture<SessionCore> branched =
        session.inTurn(
            "branch",
            JsonNodeFactory.instance.objectNode().put("name", "branch"),
            peer.inCallTime(),
            result -> session.branched(branch, new Fields("SES-9", "the result", result)));
    Message asked = peer.nextMessage();
    assertThatThrownBy(
            () ->
                peer.replies(
                    asked,
                    "\"result\":{\"session\":2,\"generation\":1,\"workspace\":\"a\\u0000b\"}"))
        .isInstanceOfSatisfying(ProtocolError.class, peer.link::onViolation);
    assertThatThrownBy(branched::join)
        .cause()
        .isInstanceOf(ProtocolViolated.class)
        .hasMessageContaining("the result.workspace must be a path on this machine")
        .hasMessageContaining("not \"a\\u0000b\"");
  }

  @Test
  void an_answer_that_this_side_fails_on_settles_it_with_the_end_of_the_runner() {
    IllegalStateException defect = new IllegalStateException("a defect");
    CompletableFuture<Object> reset =
        session.inTurn(
            "reset",
            JsonNodeFactory.instance.objectNode(),
            peer.inCallTime(),
            result -> {
              throw defect;
            });
    Message asked = peer.nextMessage();
    assertThatThrownBy(() -> peer.replies(asked, "\"result\":{}")).isSameAs(defect);
    peer.link.onClosed(new ExitReport("the host failed on it", OptionalInt.of(137), ""));
    assertThatThrownBy(reset::join)
        .cause()
        .isInstanceOf(RunnerGone.class)
        .hasMessageContaining("the host failed on it");
  }

  @Test
  void it_cannot_be_interrupted_like_a_cell() {
    rollback();
    peer.nextMessage();
    assertThat(session.interrupt()).isEmpty();
    assertThat(peer.nothingSent()).isTrue();
  }

  @Test
  void a_session_that_has_another_ones_state_counts_its_cells_on() {
    session.life().countFrom(4);
    start();
    assertThat(peer.nextMessage().cell()).isEqualTo(5);
  }

  // ---- new generations ----

  @Test
  @Rule("LIF-8")
  void a_new_generation_is_told_once_with_its_reason_and_its_state() throws Exception {
    BlockingQueue<GenerationChange> heard = new LinkedBlockingQueue<>();
    session.life().onGeneration(heard::add);
    CompletableFuture<Integer> rollback = rollback();
    peer.replies(peer.nextMessage(), "\"result\":{\"generation\":2}");
    assertThat(rollback).isCompleted();
    peer.says(
        FrameKind.MESSAGE,
        0,
        0,
        0,
        "{\"jsonrpc\":\"2.0\",\"method\":\"generation\",\"params\":{\"session\":1,\"generation\":2,"
            + "\"reason\":\"rollback\",\"state\":{\"preserved\":true,\"source\":\"checkpoint\","
            + "\"restored\":[\"x\"],\"lost\":[],\"notRolledBack\":[\"files\"]}}}");
    GenerationChange change = heard.poll(5, TimeUnit.SECONDS);
    assertThat(change.generation()).isEqualTo(2);
    assertThat(change.reason()).isEqualTo("rollback");
    assertThat(change.state().source()).isEqualTo(StateSource.CHECKPOINT);
    assertThat(change.state().notRolledBack()).isEqualTo(List.of("files"));
    assertThat(heard).isEmpty();
  }

  @Test
  void evidence_reaches_whoever_takes_it_and_is_counted_where_nobody_does() {
    String said =
        "{\"jsonrpc\":\"2.0\",\"method\":\"evidence\",\"params\":{\"session\":1,\"stage\":\"ladder\"}}";
    peer.says(FrameKind.MESSAGE, 1, 1, 1, said);
    assertThat(peer.link.counters().ignoredNotifications()).isEqualTo(1);
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    peer.link.evidenceTo(heard::add);
    peer.says(FrameKind.MESSAGE, 1, 1, 1, said);
    assertThat(heard).containsExactly("{\"session\":1,\"stage\":\"ladder\"}");
  }

  private CompletableFuture<Integer> rollback() {
    return session.inTurn(
        "rollback",
        JsonNodeFactory.instance.objectNode().put("name", "base"),
        peer.inCallTime(),
        result -> {
          int generation =
              new Fields("SES-9", "the result of rollback", result).small("generation");
          session.newGeneration(generation);
          return generation;
        });
  }

  private CellOperation start() {
    return session.start(ScriptedPeer.cell(), peer.inCallTime());
  }

  private static Delivery delivery(CompletableFuture<?> failed) {
    return failed
        .handle((value, failure) -> ((RunnerGone) Futures.cause(failure)).delivery())
        .join();
  }
}
