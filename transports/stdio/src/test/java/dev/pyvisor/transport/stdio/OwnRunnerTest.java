package dev.pyvisor.transport.stdio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.GenerationChange;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateSource;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.transport.process.Census;
import dev.pyvisor.transport.process.Rule;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Both halves of ours against each other: what either has beyond the dialect is of use. */
@Timeout(30)
@ExtendWith(Census.class)
class OwnRunnerTest {
  private static final Tool ECHO =
      Tool.of("echo", (arguments, context) -> arguments.positional().get(0));

  private static SupervisorClient open() {
    return Peer.open(Peer.own().tool(ECHO));
  }

  @Test
  @Rule({"C1", "C2", "C31", "C32"})
  void cells_errors_and_tracebacks() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      assertThat(session.execute("x = 40; print('é')").stdoutText()).isEqualTo("é\n");
      Outcome raised = session.execute("print(x + 2)\n1 / 0");
      assertThat(raised.kind()).isEqualTo(OutcomeKind.RAISED);
      assertThat(raised.stdoutText()).isEqualTo("42\n");
      assertThat(raised.error().orElseThrow().traceback()).contains("<cell 2>").contains("line 2");
      assertThat(client.runner().backend()).isEqualTo("stdio");
    }
  }

  @Test
  @Rule({"C36", "C65", "LIF-18"})
  void a_frozen_copy_takes_over_where_a_kernel_was_killed_or_died() {
    BlockingQueue<GenerationChange> told = new LinkedBlockingQueue<>();
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.onGeneration(told::add);
      session.execute("kept = lambda: 42");
      Outcome killed =
          session.execute(
              Cell.of("import signal;signal.signal(signal.SIGINT,signal.SIG_IGN)\nwhile True: pass")
                  .timeout(Duration.ofMillis(500))
                  .grace(Duration.ofMillis(100)));
      assertThat(killed.kind()).isEqualTo(OutcomeKind.TIMED_OUT);
      assertThat(killed.state().source()).isEqualTo(StateSource.CHECKPOINT);
      assertThat(session.execute("print(kept())").stdoutText()).isEqualTo("42\n");

      Outcome crashed = session.execute("import os; print('last', flush=True); os._exit(7)");
      assertThat(crashed.kind()).isEqualTo(OutcomeKind.CRASHED);
      assertThat(crashed.cause().orElseThrow().text()).contains("exit status 7");
      assertThat(crashed.stdoutText()).isEqualTo("last\n");
      assertThat(crashed.state().source()).isEqualTo(StateSource.CHECKPOINT);
      Outcome next = session.execute("print(kept())");
      assertThat(next.stdoutText()).isEqualTo("42\n");
      assertThat(next.generation()).isEqualTo(3);
      assertThat(told).hasSize(2);
    }
  }

  @Test
  @Rule({"C3", "LIF-11"})
  void tools_cost_no_state_and_a_reset_costs_no_tools() {
    BlockingQueue<GenerationChange> told = new LinkedBlockingQueue<>();
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.onGeneration(told::add);
      session.execute("x = 1");
      session.registerTools(Tool.of("late", (arguments, context) -> "here"));
      assertThat(session.execute("print(x, await late(), await echo(2))").stdoutText())
          .isEqualTo("1 here 2\n");
      assertThat(told).isEmpty();
      session.reset();
      assertThat(session.execute("print('x' in globals(), await late())").stdoutText())
          .isEqualTo("False here\n");
    }
  }

  @Test
  @Rule("C43")
  void answers_and_variables(@TempDir Path directory) {
    try (SupervisorClient client = Peer.open(Peer.own().workspace(directory))) {
      Session session = client.session();
      assertThat(session.execute("SUBMIT(answer=[1, 'é'])").value().orElseThrow().asJava())
          .isEqualTo(Map.of("answer", List.of(1L, "é")));
      session.set("x", Map.of("a", List.of(1L, 2.5, true, "é")));
      assertThat(session.get("x").asJava()).isEqualTo(Map.of("a", List.of(1L, 2.5, true, "é")));
      assertThat(session.execute("import os; print(os.getcwd())").stdoutText().strip())
          .isEqualTo(directory.toString());
    }
  }

  @Test
  @Rule({"C43", "C44", "LIF-20"})
  void a_submit_function_that_the_dialect_has_no_word_for_is_refused_and_drafts_are_passed_on(
      @TempDir Path directory) {
    try (SupervisorClient client = Peer.open(Peer.own().workspace(directory))) {
      Session session = client.session();
      assertThatThrownBy(() -> session.registerTools(Tool.submit("FINAL").anyFields()))
          .hasMessageContaining("cells submit with SUBMIT; name the submit function so, not FINAL");
      String schema = "{\"type\":\"object\",\"properties\":{\"a\":{}}}";
      assertThatThrownBy(() -> session.registerTools(Tool.submit("SUBMIT").schema(schema)))
          .hasMessageContaining("a schema cannot be kept; use anyFields()");
      session.registerTools(Tool.submit("SUBMIT").anyFields());
      Outcome draft = session.execute(Cell.of("SUBMIT(a=1)").asDraft());
      assertThat(draft.submission().orElseThrow().draft()).isTrue();
      assertThat(draft.submission().orElseThrow().answer().asJava()).isEqualTo(Map.of("a", 1L));
    }
  }

  @Test
  @Rule({"C21", "C115"})
  void two_megabytes_that_are_not_ascii_survive_in_both_directions() {
    String text = "x" + "aé€😀".repeat(210_000);
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome printed = session.execute("t = '" + text + "'\nprint(t)");
      assertThat(printed.stdoutText().equals(text + "\n")).isTrue();
      assertThat(session.execute("print(t == await echo(t))").stdoutText()).isEqualTo("True\n");
    }
  }

  @Test
  @Rule({"C83", "LIF-9"})
  void a_killed_supervisor_is_replaced_and_closing_leaves_nothing() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("x = 1");
      CellRun sleeping = session.start(Cell.of("import time; time.sleep(30)"));
      ProcessHandle.of(client.runner().pid()).orElseThrow().destroyForcibly();
      Outcome lost = sleeping.outcome().join();
      assertThat(lost.kind()).isIn(OutcomeKind.UNKNOWN, OutcomeKind.NEVER_STARTED);
      assertThat(session.execute("print('x' in globals(), await echo(1))").stdoutText())
          .isEqualTo("False 1\n");
      session.start(Cell.of("import time; time.sleep(30)"));
    }
  }
}
