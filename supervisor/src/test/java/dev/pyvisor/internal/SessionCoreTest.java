package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.CellListener;
import dev.pyvisor.TimeLimit;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.RunnerGone;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.outcome.StreamName;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.Flag;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Lane;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Cells of one session, with a runner that the test plays. */
@Timeout(20)
class SessionCoreTest {
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

  /** A listener whose first call waits until the test lets it go. */
  private static final class Gate implements CellListener {
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch open = new CountDownLatch(1);
    final StringBuffer heard = new StringBuffer();

    @Override
    public void onOutput(OutputChunk chunk) {
      entered.countDown();
      try {
        open.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      heard.append(chunk.text());
    }
  }

  // ---- orderings, from both sides ----

  @Test
  @Rule({"LIF-3", "C5"})
  void a_terminal_without_output_settles_at_once() {
    CellOperation cell = start();
    peer.completes(peer.nextMessage(), "", "", 0);
    assertThat(cell.result).isCompleted();
    assertThat(outcome(cell).ok()).isTrue();
    assertThat(outcome(cell).stdoutText()).isEmpty();
  }

  @Test
  @Rule({"LIF-3", "LIF-10"})
  void output_of_both_streams_is_all_there_when_the_terminal_settles() {
    CellOperation cell = start();
    Message request = peer.nextMessage();
    peer.prints(1, "a");
    peer.prints(StreamName.STDERR, 1, 0, bytes("b"));
    peer.prints(1, "c");
    peer.completes(request, "ac", "b", 0);
    assertThat(outcome(cell).chunks()).extracting(OutputChunk::text).containsExactly("a", "b", "c");
    assertThat(outcome(cell).stdoutText()).isEqualTo("ac");
    assertThat(outcome(cell).stderrText()).isEqualTo("b");
  }

  @Test
  @Rule("LIF-3")
  void the_terminal_waits_for_a_listener_that_is_still_busy() throws Exception {
    Gate gate = new Gate();
    CellOperation cell = start(gate);
    Message request = peer.nextMessage();
    peer.prints(1, "one");
    gate.entered.await();
    peer.prints(1, "two");
    peer.completes(request, "onetwo", "", 0);
    assertThat(cell.result).isNotDone();
    gate.open.countDown();
    Outcome outcome = cell.result.get(5, TimeUnit.SECONDS).outcome();
    assertThat(gate.heard).hasToString("onetwo");
    assertThat(outcome.stdoutText()).isEqualTo("onetwo");
  }

  @Test
  void a_listener_that_throws_costs_the_cell_nothing() throws Exception {
    CellOperation cell =
        start(
            new CellListener() {
              @Override
              public void onOutput(OutputChunk chunk) {
                throw new IllegalStateException("listener");
              }
            });
    Message request = peer.nextMessage();
    peer.prints(1, "one");
    peer.completes(request, "one", "", 0);
    assertThat(cell.result.get(5, TimeUnit.SECONDS).outcome().stdoutText()).isEqualTo("one");
  }

  // ---- integrity ----

  @Test
  @Rule("LIF-4")
  void totals_that_differ_are_never_a_success() {
    for (String[] told : new String[][] {{"abcd", ""}, {"abd", ""}, {"abc", "x"}, {"", ""}}) {
      CellOperation cell = start();
      Message request = peer.nextMessage();
      peer.prints(request.cell(), "abc");
      peer.completes(request, told[0], told[1], 0);
      assertThat(outcome(cell).kind()).isEqualTo(OutcomeKind.UNKNOWN);
      assertThat(outcome(cell).cause().orElseThrow().kind()).isEqualTo("output_integrity");
      assertThat(outcome(cell).stdoutText()).isEqualTo("abc");
    }
    CellOperation calls = start();
    peer.completes(peer.nextMessage(), "", "", 1);
    assertThat(outcome(calls).cause().orElseThrow().text())
        .contains("tool calls: 1 sent, 0 arrived");
  }

  @Test
  @Rule("LIF-4")
  void a_terminal_that_does_not_fit_is_a_violation() {
    for (String result :
        new String[] {
          "5", "{}", "{\"outcome\":\"completed\"}", "{\"outcome\":\"happy\",\"totals\":{}}"
        }) {
      start();
      Message request = peer.nextMessage();
      assertThatThrownBy(() -> peer.replies(request, "\"result\":" + result))
          .hasMessageContaining("LIF-4");
      peer.link.leave(session);
      session = peer.session(1);
    }
  }

  @Test
  @Rule({"FRM-8", "C21"})
  void a_character_cut_between_frames_reaches_the_listener_whole() throws Exception {
    List<String> heard = new ArrayList<>();
    CellOperation cell =
        start(
            new CellListener() {
              @Override
              public void onOutput(OutputChunk chunk) {
                heard.add(chunk.text());
              }
            });
    Message request = peer.nextMessage();
    byte[] text = bytes("é€😀");
    for (byte b : text) {
      peer.prints(StreamName.STDOUT, 1, 0, new byte[] {b});
    }
    peer.prints(StreamName.STDOUT, 1, 0, new byte[] {(byte) 0xe2});
    byte[] all = java.util.Arrays.copyOf(text, text.length + 1);
    all[text.length] = (byte) 0xe2;
    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
    crc.update(all);
    peer.replies(
        request,
        "\"result\":{\"outcome\":\"completed\",\"generation\":1,\"state\":{\"preserved\":true,\"source\":\"live\"},"
            + "\"totals\":{\"stdout\":{\"bytes\":"
            + all.length
            + ",\"crc32\":"
            + crc.getValue()
            + "},\"stderr\":{\"bytes\":0,\"crc32\":0},\"toolCalls\":0}}");
    Outcome outcome = cell.result.get(5, TimeUnit.SECONDS).outcome();
    assertThat(outcome.kind()).isEqualTo(OutcomeKind.COMPLETED);
    assertThat(String.join("", heard)).isEqualTo("é€😀\ufffd");
    assertThat(String.join("", heard.subList(0, heard.size() - 1))).isEqualTo("é€😀");
    assertThat(outcome.stdoutText()).isEqualTo("é€😀\ufffd");
  }

  // ---- turns ----

  @Test
  @Rule({"LIF-2", "C10"})
  void cells_run_one_after_another_in_their_order() {
    CellOperation first = start();
    CellOperation second = start();
    Message one = peer.nextMessage();
    assertThat(peer.nothingSent()).isTrue();
    peer.completes(one, "", "", 0);
    Message two = peer.nextMessage();
    assertThat(two.cell()).isEqualTo(one.cell() + 1);
    assertThat(first.result).isCompleted();
    assertThat(second.result).isNotDone();
    peer.completes(two, "", "", 0);
    assertThat(second.result).isCompleted();
  }

  @Test
  void a_verb_past_its_deadline_ends_unknown_and_its_turn_lasts_until_the_kernel_is_through() {
    CompletableFuture<CellResult> get = session.call(ScriptedPeer.cell(), peer.inCallTime());
    Message asked = peer.nextMessage();
    CellOperation behind = start();
    peer.timer.advance(ScriptedPeer.CALL_TIMEOUT);
    assertThat(get).isCompleted();
    assertThat(get.join().failure()).isInstanceOf(CallTimedOut.class);
    assertThat(get.join().failure().delivery()).isEqualTo(Delivery.UNKNOWN);
    assertThat(peer.nothingSent()).isTrue();
    peer.completes(asked, "", "", 0);
    peer.completes(peer.nextMessage(), "", "", 0);
    assertThat(behind.result).isCompleted();
  }

  @Test
  void a_verb_that_waits_past_its_deadline_was_never_sent() {
    start();
    peer.nextMessage();
    CompletableFuture<CellResult> waiting = session.call(ScriptedPeer.cell(), peer.inCallTime());
    peer.timer.advance(ScriptedPeer.CALL_TIMEOUT);
    assertThat(waiting.join().failure().delivery()).isEqualTo(Delivery.NEVER_SENT);
    assertThat(waiting.join().outcome().kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
  }

  @Test
  @Rule({"TRN-1", "TRN-2", "H3"})
  void a_message_without_credit_waits_and_can_still_be_taken_back() {
    byte[] large = new byte[Limits.KERNEL_WINDOW];
    CellRequest request =
        CellRequest.execute(false, large, Optional.empty(), TimeLimit.none(), Duration.ZERO);
    session.start(request, peer.inCallTime());
    // Its end needs more credit than there is; the control lane goes past it.
    CompletableFuture<?> control =
        peer.link.requests().request("evidence", "{}", peer.inCallTime());
    Message status = peer.nextMessage();
    assertThat(status.session()).isZero();
    peer.replies(status, "\"result\":{}");
    assertThat(control).isCompleted();
    peer.link.onFrame(Frame.credit(1, Lane.KERNEL, Limits.FRAME));
    assertThat(peer.nextMessage().attachments().get(0)).hasSize(large.length);
  }

  // ---- late output, credit ----

  @Test
  @Rule({"LIF-6", "LIF-8"})
  void late_output_goes_to_its_consumer_and_into_no_cells_totals() throws Exception {
    BlockingQueue<String> late = new LinkedBlockingQueue<>();
    session.life().onLateOutput(chunk -> late.add(chunk.text()));
    CellOperation cell = start();
    Message request = peer.nextMessage();
    peer.prints(StreamName.STDOUT, 1, Flag.LATE.bit(), bytes("before "));
    peer.prints(1, "own");
    peer.link.onFrame(new Frame(FrameKind.STDOUT, 0, 0, 1, 9, 1, 0, bytes("old generation")));
    peer.completes(request, "own", "", 0);
    peer.prints(1, "after");
    assertThat(outcome(cell).stdoutText()).isEqualTo("own");
    assertThat(late.poll(5, TimeUnit.SECONDS)).isEqualTo("before ");
    assertThat(late.poll(5, TimeUnit.SECONDS)).isEqualTo("old generation");
    assertThat(late.poll(5, TimeUnit.SECONDS)).isEqualTo("after");
    assertThat(peer.link.counters().lateOutputBytes()).isEqualTo(26);
  }

  @Test
  @Rule({"TRN-1", "TRN-2"})
  void credit_comes_back_only_when_the_listener_has_returned() throws Exception {
    Gate gate = new Gate();
    start(gate);
    peer.nextMessage();
    byte[] piece = new byte[Limits.FRAME_BODY];
    int pieces = Limits.OUTPUT_WINDOW / piece.length;
    for (int i = 0; i < pieces; i++) {
      peer.prints(StreamName.STDOUT, 1, 0, piece);
    }
    gate.entered.await();
    assertThat(peer.nothingSent()).isTrue();
    assertThatThrownBy(() -> peer.prints(StreamName.STDOUT, 1, 0, piece))
        .hasMessageContaining("TRN-4");
    gate.open.countDown();
    Frame credit = peer.nextFrame();
    assertThat(credit.kind()).isEqualTo(FrameKind.CREDIT);
    assertThat(credit.session()).isEqualTo(1);
  }

  // ---- the end ----

  @Test
  @Rule({"SES-10", "SES-11"})
  void output_before_a_death_is_delivered_before_the_cell_settles_and_it_settles_once()
      throws Exception {
    Gate gate = new Gate();
    CellOperation cell = start(gate);
    peer.nextMessage();
    peer.prints(1, "last words");
    gate.entered.await();
    peer.link.onClosed(new ExitReport("it ended", OptionalInt.of(137), ""));
    assertThat(cell.result).isNotDone();
    gate.open.countDown();
    Outcome outcome = cell.result.get(5, TimeUnit.SECONDS).outcome();
    assertThat(outcome.kind()).isEqualTo(OutcomeKind.UNKNOWN);
    assertThat(outcome.stdoutText()).isEqualTo("last words");
    assertThat(gate.heard).hasToString("last words");
  }

  @Test
  @Rule({"SES-10", "H33"})
  void closing_during_the_drain_settles_at_once_and_once() throws Exception {
    Gate gate = new Gate();
    CellOperation cell = start(gate);
    Message request = peer.nextMessage();
    peer.prints(1, "x");
    gate.entered.await();
    peer.completes(request, "x", "", 0);
    assertThat(cell.result).isNotDone();
    close();
    assertThat(cell.result).isCompleted();
    Outcome outcome = outcome(cell);
    assertThat(outcome.cause().orElseThrow().kind()).isEqualTo("closed");
    gate.open.countDown();
    close();
    assertThat(outcome(cell)).isSameAs(outcome);
  }

  @Test
  @Rule("SES-11")
  void closing_after_a_death_frees_a_cell_whose_listener_hangs() throws Exception {
    Gate gate = new Gate();
    CellOperation cell = start(gate);
    peer.nextMessage();
    peer.prints(1, "x");
    gate.entered.await();
    peer.link.onClosed(new ExitReport("it ended", OptionalInt.of(1), ""));
    assertThat(cell.result).isNotDone();
    close();
    assertThat(cell.result).isCompleted();
    gate.open.countDown();
  }

  @Test
  void a_waiter_that_is_interrupted_changes_nothing_for_the_cell() throws Exception {
    CellOperation cell = start();
    Message request = peer.nextMessage();
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();
    Thread waiter =
        new Thread(
            () -> {
              try {
                new CellHandle(session, cell).awaitOrCancel();
              } catch (RuntimeException cancelled) {
                thrown.complete(Thread.currentThread().isInterrupted() ? cancelled : null);
              }
            });
    waiter.start();
    waiter.interrupt();
    assertThat(thrown.get(5, TimeUnit.SECONDS)).isInstanceOf(dev.pyvisor.error.CallCancelled.class);
    peer.prints(1, "on");
    peer.completes(request, "on", "", 0);
    assertThat(outcome(cell).stdoutText()).isEqualTo("on");
  }

  @Test
  void cancelling_the_future_that_users_see_changes_nothing_for_the_cell() throws Exception {
    CellOperation cell = start();
    Message request = peer.nextMessage();
    CellHandle handle = new CellHandle(session, cell);
    assertThat(handle.published().cancel(true)).isTrue();
    CompletableFuture<Outcome> other = handle.published();
    peer.prints(1, "on");
    peer.completes(request, "on", "", 0);
    assertThat(other.get(5, TimeUnit.SECONDS).stdoutText()).isEqualTo("on");
  }

  @Test
  @Rule("LIF-8")
  void what_an_old_generation_still_says_is_dropped_and_counted() {
    peer.says(
        FrameKind.MESSAGE,
        0,
        0,
        0,
        "{\"jsonrpc\":\"2.0\",\"method\":\"generation\",\"params\":{\"session\":1,\"generation\":2,"
            + "\"reason\":\"crashed\",\"state\":{\"preserved\":false,\"source\":\"fresh\"}}}");
    assertThat(session.generation()).isEqualTo(2);
    peer.says(
        FrameKind.RELAY,
        1,
        1,
        1,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tool.call\",\"params\":{}}");
    assertThat(peer.link.counters().staleFrames()).isEqualTo(1);
  }

  private CellOperation start(CellListener... listener) {
    return session.start(ScriptedPeer.cell(listener), peer.inCallTime());
  }

  private void close() {
    peer.link.abandon(
        new RunnerGone(
            "test",
            Delivery.UNKNOWN,
            new ExitReport("the client was closed", OptionalInt.empty(), "")));
  }

  private static Outcome outcome(CellOperation cell) {
    return cell.result.orTimeout(5, TimeUnit.SECONDS).join().outcome();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
