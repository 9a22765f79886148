package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Heavy;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.outcome.StateSource;
import dev.pyvisor.tool.Tool;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Cells that run longer than they may. */
@OneBackend
public interface DeadlineContract extends RunnerContract {
  /**
   * Wide upper bound of what takes milliseconds; it says that nobody waited for the code itself.
   */
  Duration PROMPT = Duration.ofSeconds(10);

  /** In milliseconds: until then a cell has done what it does first, on a busy machine, too. */
  long LONG_ENOUGH = 800;

  private static Outcome within(Session session, long millis, String code) {
    return session.execute(Cell.of(code).timeout(Duration.ofMillis(millis)));
  }

  private static void assertLive(Outcome outcome, int generation) {
    assertThat(outcome.kind()).as(outcome::toString).isEqualTo(OutcomeKind.TIMED_OUT);
    assertThat(outcome.state()).isEqualTo(StateReport.live());
    assertThat(outcome.generation()).isEqualTo(generation);
  }

  @Test
  @Rule({"C57", "C59", "LIF-14"})
  default void a_deadline_keeps_the_output_the_state_and_the_kernel() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome outcome =
          within(
              session,
              LONG_ENOUGH,
              """
              import sys
              print('before timeout')
              print('stderr before timeout', file=sys.stderr)
              partial_timeout_state = 42
              while True: pass
              """);
      assertLive(outcome, 1);
      assertThat(outcome.stdoutText()).isEqualTo("before timeout\n");
      assertThat(outcome.stderrText()).startsWith("stderr before timeout\n");
      Outcome next = session.execute("print(partial_timeout_state)\nprint('still alive')");
      assertThat(next.stdoutText()).isEqualTo("42\nstill alive\n");
      assertThat(next.generation()).isEqualTo(1);
    }
  }

  @Test
  @Rule("C58")
  default void the_outcome_names_the_limit_and_the_session_goes_on() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome outcome =
          within(
              session,
              LONG_ENOUGH,
              "import time\ncount = 0\nwhile True:\n  time.sleep(0.05)\n  count += 1");
      assertLive(outcome, 1);
      assertThat(outcome.cause().orElseThrow().kind()).isEqualTo("deadline");
      assertThat(outcome.cause().orElseThrow().text()).startsWith("timed out after 0.8 s");
      assertThat(outcome.elapsed()).isBetween(Duration.ofMillis(LONG_ENOUGH), PROMPT);
      assertThat(session.execute("print(count > 0)").stdoutText()).isEqualTo("True\n");
    }
  }

  @Test
  @Rule("C67")
  default void what_a_tool_said_before_a_deadline_is_kept_and_the_tool_can_be_called_again() {
    Tool predict =
        Tool.of("predict", (arguments, context) -> Map.of("answer", arguments.positional().get(0)));
    try (SupervisorClient client = open(predict)) {
      Session session = client.session();
      Outcome outcome =
          within(
              session, LONG_ENOUGH, "saved = (await predict('first'))['answer']\nwhile True: pass");
      assertLive(outcome, 1);
      assertThat(session.execute("print(saved, (await predict('second'))['answer'])").stdoutText())
          .isEqualTo("first second\n");
    }
  }

  @Test
  @Rule("C71")
  @Heavy(why = "it waits for the deadline of another cell")
  default void time_that_a_cell_waits_for_its_turn_is_none_of_its_own() throws Exception {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      CellRun before = session.start(Cell.of("import time; time.sleep(1)"));
      CellRun waiting = session.start(Cell.of("print('in time')").timeout(Duration.ofMillis(500)));
      Outcome outcome = waiting.await();
      assertThat(outcome.stdoutText()).isEqualTo("in time\n");
      assertThat(outcome.ok()).as("its own time is far below the half second").isTrue();
      assertThat(before.await().ok()).isTrue();
    }
  }

  @Test
  @Rule("C58")
  default void the_builders_limit_holds_for_cells_that_name_none() {
    try (SupervisorClient client = client().cellTimeout(Duration.ofMillis(100)).open()) {
      assertLive(client.session().execute("while True: pass"), 1);
      Outcome without =
          client
              .session()
              .execute(Cell.of("import time; time.sleep(0.3); print('done')").noTimeout());
      assertThat(without.stdoutText()).isEqualTo("done\n");
    }
  }

  @Test
  @Rule({"C60", "W41"})
  default void catching_every_exception_does_not_swallow_the_deadline() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome outcome =
          within(
              session,
              LONG_ENOUGH,
              """
              caught = 0
              while True:
                  try:
                      for _ in range(1000): pass  # Python looks for signals where a loop begins anew
                  except Exception:
                      caught += 1
              """);
      assertLive(outcome, 1);
      assertThat(outcome.stdoutText()).isEmpty();
      assertThat(session.execute("print(caught)").stdoutText()).isEqualTo("0\n");
    }
  }

  @Test
  @Rule({"C61", "LIF-17"})
  @Heavy(why = "it waits for deadlines until a process has started")
  default void a_process_that_the_cell_waits_for_ends_with_it_and_its_output_is_there() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute(
          "import subprocess\nservice = subprocess.Popen(['sleep', '60'], stdout=subprocess.DEVNULL)");
      Outcome outcome =
          within(
              session,
              3_000,
              """
              child = subprocess.Popen(
                  ['sh', '-c', 'echo child before timeout; echo child err >&2; exec sleep 30'])
              child.wait()
              """);
      assertLive(outcome, 1);
      assertThat(outcome.stdoutText()).isEqualTo("child before timeout\n");
      assertThat(outcome.stderrText()).startsWith("child err\n");
      assertThat(outcome.elapsed()).isLessThan(PROMPT);
      // What an earlier cell started is a service, and lives.
      assertThat(session.execute("print(child.wait(10) != 0, service.poll())").stdoutText())
          .isEqualTo("True None\n");
    }
  }

  @Test
  @Needs(Capability.SEPARATE_STDERR)
  @Rule("C62")
  default void a_deadline_that_is_not_reached_changes_nothing() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome outcome =
          within(
              session,
              15_000,
              "import subprocess\nsubprocess.run(['sh', '-c', 'echo out; echo err >&2'])\nprint('own')");
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(outcome.stdoutText()).isEqualTo("out\nown\n");
      assertThat(outcome.stderrText()).isEqualTo("err\n");
      assertThat(outcome.cause()).isEmpty();
    }
  }

  @Test
  @Rule("C63")
  default void asynchronous_work_that_is_pending_is_cancelled() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome outcome =
          within(
              session,
              LONG_ENOUGH,
              """
              import asyncio
              async def later():
                  await asyncio.sleep(30)
                  globals()['late'] = True
              task = asyncio.create_task(later())
              await asyncio.sleep(30)
              """);
      assertLive(outcome, 1);
      assertThat(outcome.elapsed()).isLessThan(PROMPT);
      assertThat(session.execute("print(task.cancelled(), 'late' in globals())").stdoutText())
          .isEqualTo("True False\n");
    }
  }

  @Test
  @Rule({"C64", "LIF-18"})
  default void a_native_call_that_heeds_nothing_is_killed_when_the_grace_is_over() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("keep = [1, 2]");
      Outcome outcome =
          session.execute(
              Cell.of(
                      """
                      import hashlib, sys
                      print('native before')
                      print('native err', file=sys.stderr)
                      hashlib.pbkdf2_hmac('sha256', b'x', b'y', 1_000_000_000)
                      """)
                  .timeout(Duration.ofMillis(LONG_ENOUGH))
                  .grace(Duration.ofMillis(400)));
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.TIMED_OUT);
      assertThat(outcome.stdoutText()).isEqualTo("native before\n");
      assertThat(outcome.stderrText()).isEqualTo("native err\n");
      assertThat(outcome.elapsed()).isBetween(Duration.ofMillis(LONG_ENOUGH + 400), PROMPT);
      assertThat(outcome.cause().orElseThrow().text()).contains("killed");
      // Whatever was saved: the report says so, and the next cell finds just that.
      Outcome next = session.execute("print(globals().get('keep'))");
      assertThat(outcome.state().source()).isNotEqualTo(StateSource.LIVE);
      assertThat(next.stdoutText())
          .isEqualTo(outcome.state().restored().contains("keep") ? "[1, 2]\n" : "None\n");
      assertThat(outcome.state().lost().contains("keep"))
          .isNotEqualTo(outcome.state().restored().contains("keep"));
      assertThat(next.generation()).isEqualTo(2);
    }
  }

  @Test
  @Rule({"C66", "C85", "LIF-12"})
  default void a_deadline_during_concurrent_tool_calls_leaves_nothing_open() throws Exception {
    CountDownLatch cancelled = new CountDownLatch(2);
    Tool waits =
        Tool.of(
            "waits",
            (arguments, context) -> {
              try {
                return new CountDownLatch(1).await(15, TimeUnit.SECONDS);
              } catch (InterruptedException heeded) {
                cancelled.countDown();
                throw heeded;
              }
            });
    try (SupervisorClient client = open(waits)) {
      Session session = client.session();
      Outcome outcome =
          within(session, LONG_ENOUGH, "import asyncio\nawait asyncio.gather(waits(), waits())");
      assertLive(outcome, 1);
      assertThat(outcome.toolCalls()).isEqualTo(2);
      assertThat(outcome.elapsed()).isLessThan(PROMPT);
      assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(session.execute("print('still alive')").stdoutText()).isEqualTo("still alive\n");
      assertThat(client.evidence()).noneMatch(fact -> fact.startsWith("tool call"));
    }
  }

  @Test
  @Rule({"C69", "LIF-16", "W21"})
  @Needs(Capability.TYPED_VALUES)
  @Heavy(why = "it waits for most of a grace")
  default void an_end_that_comes_late_but_within_the_grace_counts_with_its_value() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome outcome =
          session.execute(
              Cell.of(
                      """
                      try:
                          import time
                          while True: pass
                      except KeyboardInterrupt:
                          time.sleep(1.1)
                          print('late')
                      6 * 7
                      """)
                  .withValue()
                  .timeout(Duration.ofMillis(500))
                  .grace(Duration.ofSeconds(12)));
      assertLive(outcome, 1);
      assertThat(outcome.stdoutText()).isEqualTo("late\n");
      assertThat(outcome.value().orElseThrow().as(Integer.class)).isEqualTo(42);
      assertThat(outcome.elapsed()).isBetween(Duration.ofSeconds(1), PROMPT);
      assertThat(session.generation()).isEqualTo(1);
    }
  }

  @Test
  @Rule("LIF-14")
  @Needs(Capability.TYPED_VALUES)
  @Heavy(why = "it waits for a call to time out, which the host does")
  default void a_variable_whose_reading_hangs_costs_the_call_and_not_the_session() {
    try (SupervisorClient client = client().callTimeout(Duration.ofSeconds(3)).open()) {
      Session session = client.session();
      session.execute(
          """
          class Slow(dict):
              def __repr__(self):
                  while True: pass
              __iter__ = items = keys = __repr__
          slow, quick = Slow(), 5
          """);
      try {
        session.get("slow");
      } catch (RunnerException late) {
        assertThat(late.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
      }
      assertThat(session.execute("print(quick)").stdoutText()).isEqualTo("5\n");
    }
  }
}
