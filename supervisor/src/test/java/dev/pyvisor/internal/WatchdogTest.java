package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.CellListener;
import dev.pyvisor.Defaults;
import dev.pyvisor.TimeLimit;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.outcome.Cause;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Message;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.JsonNodeFactory;

/** A runner that answers pings and nothing else is killed in the end, and not before. */
@Timeout(20)
class WatchdogTest {
  private static final Duration LIMIT = Duration.ofSeconds(2);
  private static final Duration GRACE = Duration.ofMillis(500);
  private static final Duration MOMENT = Duration.ofMillis(1);
  private static final ExitReport KILLED =
      new ExitReport("it was killed", OptionalInt.of(137), "my last words");

  @TempDir Path directory;
  private final List<String> events = new ArrayList<>();
  private final CompletableFuture<Void> written = new CompletableFuture<>();
  private boolean reached = true;
  private ScriptedPeer peer;
  private SessionCore session;

  @BeforeEach
  void join() {
    peer = new ScriptedPeer(directory);
    session = peer.session(1);
    peer.link.attach(new Recorder());
    peer.link.evidenceTo(
        new EvidenceSink() {
          @Override
          public void told(String params) {
            throw new AssertionError("nothing was told");
          }

          @Override
          public CompletableFuture<?> hung(String reason) {
            events.add("evidence");
            return written;
          }
        });
  }

  @AfterEach
  void part() {
    peer.close();
  }

  /** A transport whose runner does nothing when it is killed. */
  private final class Recorder implements Transport {
    @Override
    public void kill(String reason) {
      events.add("kill: " + reason);
    }

    @Override
    public boolean reaches() {
      return reached;
    }

    @Override
    public void close(Duration limit) {}

    @Override
    public List<String> evidence() {
      return List.of();
    }
  }

  @Test
  @Rule({"C68", "C80", "C81b", "C91d"})
  void a_runner_that_never_ends_a_cell_is_killed_at_limit_grace_and_half_a_minute()
      throws Exception {
    CellOperation cell = start(TimeLimit.of(LIMIT));
    peer.nextMessage();
    CellOperation waiting = start(TimeLimit.of(LIMIT));
    written.complete(null);

    pass(LIMIT.plus(GRACE).plus(Defaults.WATCHDOG_GRACE).minus(MOMENT));
    assertThat(events).isEmpty();
    pass(MOMENT);

    assertThat(events).hasSize(2).first().isEqualTo("evidence");
    assertThat(events.get(1))
        .startsWith("kill: no end of execute cell 1 (request id " + cell.id)
        .contains("PT32.5S");
    peer.link.onClosed(KILLED);
    Outcome hung = outcome(cell);
    assertThat(hung.kind()).isEqualTo(OutcomeKind.UNKNOWN);
    Cause cause = hung.cause().orElseThrow();
    assertThat(cause.kind()).isEqualTo("watchdog");
    assertThat(cause.text())
        .contains("no end of execute cell 1 (request id " + cell.id)
        .contains("signal 9")
        .contains("my last words");
    Outcome never = outcome(waiting);
    assertThat(never.kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
    assertThat(never.cause().orElseThrow().kind()).isEqualTo("runner_gone");
  }

  @Test
  void a_runner_that_cannot_be_reached_is_taken_neither_for_silent_nor_for_hung() throws Exception {
    CellOperation cell = start(TimeLimit.of(LIMIT));
    Message request = peer.nextMessage();
    reached = false;
    for (int second = 0; second < 600; second++) {
      peer.timer.advance(Defaults.PING_INTERVAL);
    }
    assertThat(events).isEmpty();
    reached = true;
    pass(Defaults.PING_INTERVAL);
    peer.completes(request, "", "", 0);
    assertThat(outcome(cell).ok()).isTrue();
  }

  @Test
  @Rule("C84")
  void a_tool_call_that_is_open_then_is_cancelled() {
    List<String> cancelled = new ArrayList<>();
    session = peer.session(2, (core, call, id, progress) -> () -> cancelled.add(id));
    CellOperation cell = start(TimeLimit.of(LIMIT));
    peer.nextMessage();
    peer.says(
        FrameKind.RELAY,
        2,
        1,
        1,
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tool.call\",\"params\":{\"name\":\"t\"}}");
    written.complete(null);
    pass(LIMIT.plus(GRACE).plus(Defaults.WATCHDOG_GRACE));
    peer.link.onClosed(KILLED);
    Awaitility.await().untilAsserted(() -> assertThat(cancelled).containsExactly("7"));
    assertThat(cell.result).succeedsWithin(Duration.ofSeconds(5));
  }

  @Test
  @Rule("C69")
  void a_terminal_that_comes_while_the_report_is_written_saves_the_runner() throws Exception {
    CellOperation cell = start(TimeLimit.of(LIMIT));
    Message asked = peer.nextMessage();
    pass(LIMIT.plus(GRACE).plus(Defaults.WATCHDOG_GRACE));
    assertThat(events).containsExactly("evidence");
    peer.completes(asked, "", "", 0);
    written.complete(null);
    assertThat(outcome(cell).kind()).isEqualTo(OutcomeKind.COMPLETED);
    assertThat(events).containsExactly("evidence");
  }

  @Test
  @Rule("C68")
  void a_cell_that_has_ended_is_not_watched_any_more() throws Exception {
    CellOperation cell = start(TimeLimit.of(LIMIT));
    peer.completes(peer.nextMessage(), "", "", 0);
    assertThat(outcome(cell).kind()).isEqualTo(OutcomeKind.COMPLETED);
    pass(Duration.ofHours(1));
    assertThat(events).isEmpty();
    assertThat(peer.timer.waiting()).isZero();
  }

  @Test
  @Rule("C68")
  void a_runner_is_not_taken_for_hung_while_a_listener_takes_its_time() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CellOperation cell =
        session.start(
            ScriptedPeer.cell(
                new CellListener() {
                  @Override
                  public void onOutput(OutputChunk chunk) {
                    try {
                      reading.await();
                    } catch (InterruptedException closing) {
                      Thread.currentThread().interrupt();
                    }
                  }
                }),
            peer.inCallTime());
    peer.nextMessage();
    peer.prints(cell.cell(), "much");
    written.complete(null);

    pass(Duration.ofHours(1));
    assertThat(events).isEmpty();
    reading.countDown();
    Awaitility.await().until(() -> !session.holdsOutput());
    pass(Defaults.WATCHDOG_GRACE);

    assertThat(events).hasSize(2).first().isEqualTo("evidence");
  }

  @Test
  @Rule("C68")
  void a_cell_without_a_limit_is_watched_from_its_interrupt_on() {
    CellOperation cell = start(TimeLimit.none());
    peer.nextMessage();
    pass(Duration.ofHours(1));
    assertThat(events).isEmpty();
    assertThat(session.interrupt(cell)).isTrue();
    peer.replies(peer.nextMessage(), "\"result\":{\"running\":true}");
    written.complete(null);
    pass(GRACE.plus(Defaults.WATCHDOG_GRACE).minus(MOMENT));
    assertThat(events).isEmpty();
    pass(MOMENT);
    assertThat(events).hasSize(2);
  }

  @Test
  @Rule("C68")
  void a_reset_that_is_never_answered_does_not_hold_the_session_for_ever() {
    session.inTurn("reset", JsonNodeFactory.instance.objectNode(), peer.inCallTime(), r -> 1);
    peer.nextMessage();
    CellOperation behind = start(TimeLimit.none());
    written.complete(null);
    pass(ScriptedPeer.CALL_TIMEOUT.plus(Defaults.WATCHDOG_GRACE));
    assertThat(events).hasSize(2);
    assertThat(behind.result).isNotDone();
    peer.link.onClosed(KILLED);
    assertThat(behind.result).isDone();
  }

  @Test
  @Rule("SES-11")
  void a_runner_that_cannot_even_be_killed_is_given_up() throws Exception {
    CellOperation cell = start(TimeLimit.of(LIMIT));
    peer.nextMessage();
    written.complete(null);
    pass(LIMIT.plus(GRACE).plus(Defaults.WATCHDOG_GRACE));
    assertThat(cell.result).isNotDone();
    pass(Defaults.BURIAL_LIMIT);
    assertThat(outcome(cell).cause().orElseThrow().kind()).isEqualTo("watchdog");
  }

  /** One silence, one end: whatever the cell's limit, and whether it is over by then. */
  @Test
  @Rule("W46")
  void a_runner_that_falls_silent_ends_every_cell_alike() throws Exception {
    Set<String> ends = new HashSet<>();
    for (TimeLimit limit :
        List.of(TimeLimit.of(LIMIT), TimeLimit.of(Duration.ofMinutes(5)), TimeLimit.none())) {
      part();
      join();
      CellOperation cell = start(limit);
      peer.nextMessage();
      peer.timer.advance(Defaults.PING_LIMIT.plus(Defaults.PING_INTERVAL));
      peer.link.onClosed(KILLED);
      Outcome outcome = outcome(cell);
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.UNKNOWN);
      String end = outcome.cause().orElseThrow() + ", " + outcome.state().text();
      ends.add(end.replaceFirst("request id \\d+", "request id"));
    }
    assertThat(ends).hasSize(1);
    assertThat(events).hasSize(3).allMatch(event -> event.startsWith("kill: "));
  }

  private CellOperation start(TimeLimit limit) {
    byte[] code = "pass".getBytes(StandardCharsets.UTF_8);
    return session.start(
        CellRequest.execute(false, code, Optional.empty(), limit, GRACE), peer.inCallTime());
  }

  /** Time passes, and every ping is answered. */
  private void pass(Duration span) {
    for (Duration left = span; !left.isZero(); ) {
      Duration step = left.compareTo(Defaults.PING_INTERVAL) < 0 ? left : Defaults.PING_INTERVAL;
      peer.timer.advance(step);
      peer.link.onFrame(Frame.pong(new byte[0]));
      left = left.minus(step);
    }
  }

  private static Outcome outcome(CellOperation cell) throws Exception {
    return cell.result.get(5, TimeUnit.SECONDS).outcome();
  }
}
