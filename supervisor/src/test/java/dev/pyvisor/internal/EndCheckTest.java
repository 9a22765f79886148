package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Defaults;
import dev.pyvisor.TimeLimit;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.Message;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the runner tells of its sessions ends a cell whose end never came, and no other. */
@Timeout(20)
class EndCheckTest {
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
  @Rule("LIF-19")
  void a_cell_that_is_told_as_ended_and_whose_end_never_came_is_an_error_with_what_was_told()
      throws Exception {
    CellOperation cell = start();
    peer.nextMessage();
    peer.prints(1, "some");
    peer.timer.advance(Defaults.PING_INTERVAL);
    tells("idle", 1);
    assertThat(cell.result).as("one answer may have overtaken").isNotDone();
    tells("idle", 1);
    Outcome outcome = cell.result.get(10, TimeUnit.SECONDS).outcome();
    assertThat(outcome.kind()).isEqualTo(OutcomeKind.UNKNOWN);
    assertThat(outcome.stdoutText()).isEqualTo("some");
    assertThat(outcome.cause().orElseThrow().kind()).isEqualTo("output_integrity");
    assertThat(outcome.cause().orElseThrow().text())
        .contains("execute cell 1", "after 4 bytes of stdout", "\"state\":\"idle\"");
    CellOperation next = start();
    peer.completes(peer.nextMessage(), "", "", 0);
    assertThat(next.result.get(10, TimeUnit.SECONDS).outcome().ok()).isTrue();
  }

  @Test
  @Rule("LIF-19")
  void a_cell_whose_end_comes_between_two_answers_is_what_its_end_says() throws Exception {
    CellOperation cell = start();
    Message request = peer.nextMessage();
    peer.timer.advance(Defaults.PING_INTERVAL);
    tells("idle", 1);
    peer.completes(request, "", "", 0);
    tells("idle", 1);
    assertThat(cell.result.get(10, TimeUnit.SECONDS).outcome().kind())
        .isEqualTo(OutcomeKind.COMPLETED);
  }

  @Test
  @Rule("LIF-19")
  void a_cell_that_is_told_as_running_or_not_at_all_goes_on() throws Exception {
    CellOperation cell = start();
    Message request = peer.nextMessage();
    for (String state : new String[] {"busy", "starting", "closing"}) {
      round(state, 1);
    }
    round("idle", 0); // it has not arrived yet
    peer.completes(request, "", "", 0);
    assertThat(cell.result.get(10, TimeUnit.SECONDS).outcome().kind())
        .isEqualTo(OutcomeKind.COMPLETED);
  }

  private void round(String state, int cell) {
    peer.timer.advance(Defaults.PING_INTERVAL);
    tells(state, cell);
    peer.link.onFrame(Frame.pong(new byte[0]));
    assertThat(peer.nothingSent()).as(state).isTrue();
  }

  private CellOperation start() {
    return session.start(
        CellRequest.execute(
            false,
            "pass".getBytes(StandardCharsets.UTF_8),
            Optional.empty(),
            TimeLimit.none(),
            Duration.ofSeconds(1)),
        peer.inCallTime());
  }

  private void tells(String state, int cell) {
    peer.replies(
        peer.nextStatus(),
        "\"result\":{\"sessions\":[{\"session\":1,\"name\":\"main\",\"generation\":1,\"state\":\""
            + state
            + "\",\"cell\":"
            + cell
            + "}]}");
  }
}
