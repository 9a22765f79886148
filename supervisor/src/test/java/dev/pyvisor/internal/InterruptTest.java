package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.CellListener;
import dev.pyvisor.TimeLimit;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.Json;
import dev.pyvisor.wire.Lane;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Interrupts at every place where a cell can be, with a runner that the test plays. */
@Timeout(20)
class InterruptTest {
  private static final int RACES = 1_000;
  private static final int FRAME_MORE = 2 * Limits.FRAME;

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

  // ---- where a cell can be ----

  @Test
  @Rule("H14")
  void a_cell_that_waits_is_withdrawn_and_the_runner_never_hears_of_it() {
    CellOperation first = start();
    CellOperation second = start();
    CellOperation third = start();
    Message one = peer.nextMessage();
    assertThat(session.interrupt(second)).isTrue();
    Outcome withdrawn = outcome(second);
    assertThat(withdrawn.kind()).isEqualTo(OutcomeKind.CANCELLED);
    assertThat(withdrawn.cause().orElseThrow().kind()).isEqualTo("cancelled");
    assertThat(withdrawn.state()).isEqualTo(StateReport.live());
    assertThat(withdrawn.cell()).isZero();
    assertThat(session.interrupt(second)).isFalse();
    assertThat(peer.nothingSent()).isTrue();
    peer.completes(one, "", "", 0);
    peer.completes(peer.nextMessage(), "", "", 0);
    assertThat(outcome(first).ok()).isTrue();
    assertThat(outcome(third).ok()).isTrue();
    assertThat(outcome(third).cell()).isEqualTo(2);
  }

  @Test
  void a_cell_that_runs_is_interrupted_by_its_number_and_its_terminal_tells_what_became_of_it() {
    CellOperation cell = start();
    Message request = peer.nextMessage();
    assertThat(session.interrupt(cell)).isTrue();
    Message interrupt = peer.nextMessage();
    assertThat(interrupt.session()).isZero();
    assertThat(interrupted(interrupt))
        .isEqualTo(Json.MAPPER.readTree("{\"session\":1,\"cell\":1,\"graceMs\":1000}"));
    peer.replies(interrupt, "\"result\":{\"running\":true}");
    assertThat(cell.result).isNotDone();
    peer.ends(
        request,
        "interrupted",
        "\"cause\":{\"kind\":\"interrupt\",\"signals\":1,\"killed\":false},");
    assertThat(outcome(cell).kind()).isEqualTo(OutcomeKind.INTERRUPTED);
    assertThat(outcome(cell).cause().orElseThrow().text()).isEqualTo("interrupted");
    assertThat(session.interrupt(cell)).isFalse();
    assertThat(peer.nothingSent()).isTrue();
  }

  @Test
  @Rule("TRN-2")
  void a_cell_that_finds_no_credit_is_taken_back_and_those_behind_it_go_on() {
    CellOperation large = start(Limits.KERNEL_WINDOW - Limits.FRAME / 2);
    Message request = peer.nextMessage();
    peer.completes(request, "", "", 0);
    assertThat(outcome(large).ok()).isTrue();
    CellOperation stuck = start(FRAME_MORE);
    CellOperation behind = start(FRAME_MORE);
    assertThat(session.interrupt(stuck)).isTrue();
    assertThat(outcome(stuck).kind()).isEqualTo(OutcomeKind.CANCELLED);
    peer.link.onFrame(Frame.credit(1, Lane.KERNEL, Limits.KERNEL_WINDOW));
    Message next = peer.nextMessage();
    assertThat(next.cell()).isEqualTo(behind.cell());
    assertThat(next.session()).isEqualTo(1);
    peer.completes(next, "", "", 0);
    assertThat(outcome(behind).ok()).isTrue();
    assertThat(peer.nothingSent()).isTrue();
  }

  @Test
  void a_cell_that_is_being_written_is_interrupted_when_the_runner_has_all_of_it() {
    CellOperation cell = start(Limits.KERNEL_WINDOW);
    // Its end needs more credit than there is: what was written of it cannot be taken back.
    CompletableFuture<?> status = peer.link.requests().request("evidence", "{}", peer.inCallTime());
    peer.replies(peer.nextMessage(), "\"result\":{}");
    assertThat(status).isCompleted();
    assertThat(session.interrupt(cell)).isTrue();
    assertThat(peer.nothingSent()).isTrue();
    peer.link.onFrame(Frame.credit(1, Lane.KERNEL, Limits.FRAME));
    Message request = peer.nextMessage();
    assertThat(request.cell()).isEqualTo(cell.cell());
    assertThat(interrupted(peer.nextMessage()).get("cell").asInt()).isEqualTo(cell.cell());
    peer.ends(request, "interrupted", "\"cause\":{\"kind\":\"interrupt\"},");
    assertThat(outcome(cell).kind()).isEqualTo(OutcomeKind.INTERRUPTED);
  }

  @Test
  void an_interrupt_is_not_repeated_while_it_is_unanswered_and_can_be_after_that() {
    CellOperation cell = start();
    Message request = peer.nextMessage();
    assertThat(session.interrupt(cell)).isTrue();
    assertThat(session.interrupt(cell)).isTrue();
    Message interrupt = peer.nextMessage();
    assertThat(peer.nothingSent()).isTrue();
    peer.replies(interrupt, "\"result\":{\"running\":true}");
    assertThat(session.interrupt(cell)).isTrue();
    assertThat(interrupted(peer.nextMessage()).get("cell").asInt()).isEqualTo(1);
    peer.completes(request, "", "", 0);
    assertThat(outcome(cell).kind()).isEqualTo(OutcomeKind.COMPLETED);
  }

  @Test
  void a_cell_that_was_refused_cannot_be_interrupted() {
    peer.link.leave(session);
    CellOperation cell = start();
    assertThat(outcome(cell).kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
    assertThat(session.interrupt(cell)).isFalse();
  }

  @Test
  @Rule("SES-11")
  void an_interrupt_that_meets_the_runners_death_leaves_the_verdict_as_it_is() {
    CellOperation cell = start();
    peer.nextMessage();
    assertThat(session.interrupt(cell)).isTrue();
    peer.link.onClosed(new ExitReport("it ended", OptionalInt.of(137), ""));
    assertThat(outcome(cell).kind()).isEqualTo(OutcomeKind.UNKNOWN);
    assertThat(session.interrupt(cell)).isFalse();
  }

  // ---- the session's interrupt ----

  @Test
  @Rule("H14")
  void the_session_is_free_when_the_cell_has_ended_whatever_its_listener_does() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch open = new CountDownLatch(1);
    CellOperation cell =
        start(
            new CellListener() {
              @Override
              public void onOutput(OutputChunk chunk) {
                entered.countDown();
                try {
                  open.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }
            });
    Message request = peer.nextMessage();
    peer.prints(1, "x");
    entered.await();
    CompletableFuture<Void> free = session.interrupt().orElseThrow().through;
    Message interrupt = peer.nextMessage();
    assertThat(free).isNotDone();
    peer.completes(request, "x", "", 0);
    assertThat(free).isCompleted();
    assertThat(cell.result).isNotDone();
    peer.replies(interrupt, "\"result\":{\"running\":false}");
    open.countDown();
    assertThat(outcome(cell).ok()).isTrue();
  }

  @Test
  void an_idle_session_has_nothing_to_interrupt_and_nothing_is_sent() {
    assertThat(session.interrupt()).isEmpty();
    CellOperation cell = start();
    peer.completes(peer.nextMessage(), "", "", 0);
    assertThat(outcome(cell).ok()).isTrue();
    assertThat(session.interrupt()).isEmpty();
    assertThat(peer.nothingSent()).isTrue();
  }

  // ---- races ----

  @Test
  @Rule("SES-10")
  void a_cell_whose_interrupt_races_its_terminal_settles_once_and_nobody_else_is_hit()
      throws Exception {
    int sent = 0;
    for (int i = 0; i < RACES; i++) {
      CellOperation cell = start();
      Message request = peer.nextMessage();
      CyclicBarrier together = new CyclicBarrier(2);
      CompletableFuture<Boolean> hit = racing(together, cell);
      together.await();
      peer.completes(request, "", "", 0);
      boolean interrupted = hit.get(5, TimeUnit.SECONDS);
      assertThat(outcome(cell).kind()).isEqualTo(OutcomeKind.COMPLETED);
      CellOperation next = start();
      Message then = peer.nextMessage();
      if (then.session() == 0) {
        sent++;
        assertThat(interrupted).isTrue();
        assertThat(interrupted(then).get("cell").asInt()).isEqualTo(cell.cell());
        peer.replies(then, "\"result\":{\"running\":false}");
        then = peer.nextMessage();
      }
      peer.completes(then, "", "", 0);
      assertThat(outcome(next).kind()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(peer.nothingSent()).isTrue();
    }
    System.out.println(sent + " of " + RACES + " interrupts were sent before the terminal came");
  }

  @Test
  void a_cell_that_is_just_handed_over_is_either_taken_back_or_interrupted_behind_itself()
      throws Exception {
    int taken = 0;
    for (int i = 0; i < RACES; i++) {
      CellOperation first = start();
      Message request = peer.nextMessage();
      CellOperation second = start();
      CyclicBarrier together = new CyclicBarrier(2);
      CompletableFuture<Boolean> hit = racing(together, second);
      together.await();
      peer.completes(request, "", "", 0);
      assertThat(hit.get(5, TimeUnit.SECONDS)).isTrue();
      assertThat(outcome(first).ok()).isTrue();
      CellOperation third = start();
      Message next = peer.nextMessage();
      if (second.result.isDone()) {
        taken++;
        assertThat(outcome(second).kind()).isEqualTo(OutcomeKind.CANCELLED);
      } else {
        assertThat(next.cell()).isEqualTo(second.cell());
        Message interrupt = peer.nextMessage();
        assertThat(interrupted(interrupt).get("cell").asInt()).isEqualTo(second.cell());
        peer.ends(next, "interrupted", "\"cause\":{\"kind\":\"interrupt\"},");
        assertThat(outcome(second).kind()).isEqualTo(OutcomeKind.INTERRUPTED);
        next = peer.nextMessage();
      }
      assertThat(next.cell()).isEqualTo(third.cell());
      peer.completes(next, "", "", 0);
      assertThat(outcome(third).ok()).isTrue();
    }
    System.out.println(taken + " of " + RACES + " cells were taken back");
  }

  private CompletableFuture<Boolean> racing(CyclicBarrier together, CellOperation cell) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            together.await();
          } catch (Exception broken) {
            throw new AssertionError(broken);
          }
          return session.interrupt(cell);
        },
        peer.callbacks);
  }

  private CellOperation start(CellListener... listener) {
    return session.start(ScriptedPeer.cell(listener), peer.inCallTime());
  }

  private CellOperation start(int bytes) {
    return session.start(
        CellRequest.execute(
            false, new byte[bytes], Optional.empty(), TimeLimit.none(), Duration.ofSeconds(1)),
        peer.inCallTime());
  }

  private static JsonNode interrupted(Message message) {
    JsonNode envelope = Json.MAPPER.readTree(message.envelope());
    assertThat(envelope.get("method").stringValue()).isEqualTo("interrupt");
    return envelope.get("params");
  }

  private static Outcome outcome(CellOperation cell) {
    return cell.result.orTimeout(5, TimeUnit.SECONDS).join().outcome();
  }
}
