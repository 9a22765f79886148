package dev.pyvisor.transport.stdio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.GenerationChange;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateSource;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.transport.process.Census;
import dev.pyvisor.transport.process.Rule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client against a healthy supervisor that speaks the dialect and shares no line with ours. */
@Timeout(30)
@ExtendWith(Census.class)
class StrangerTest {
  private static final Tool ADD =
      Tool.named("add")
          .parameter("a", int.class, "first")
          .parameter("b", int.class, "second")
          .handler(
              (arguments, context) ->
                  arguments.get("a", Integer.class) + arguments.get("b", Integer.class));

  private static final Tool ECHO =
      Tool.of("echo", (arguments, context) -> arguments.positional().get(0));

  private static SupervisorClient open(Tool... tools) {
    SupervisorClient.Builder builder = Peer.stranger();
    Arrays.stream(tools).forEach(builder::tool);
    return Peer.open(builder);
  }

  @Test
  @Rule({"C1", "C2", "C4", "C19"})
  void cells_share_state_and_print_to_one_text() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      assertThat(session.execute("x = 40;print('ready')").stdoutText()).isEqualTo("ready\n");
      Outcome outcome =
          session.execute(
              "import os, sys;os.write(2, b'err\\n');x += 2;print(x)\nos.system('echo child é')");
      assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(outcome.stdoutText()).isEqualTo("42\nchild é\nerr\n");
      assertThat(outcome.stderrText()).isEmpty();
      assertThat(outcome.elapsed()).isPositive();
      assertThat(client.runner().pythonVersion()).isEqualTo("unknown");
    }
  }

  @Test
  @Rule({"C31", "C32", "C33", "C34"})
  void errors_come_with_what_was_printed_and_the_session_goes_on_with_its_tools() {
    try (SupervisorClient client = open(ADD)) {
      Session session = client.session();
      Outcome raised = session.execute("keep = 7;print('before failure');raise ValueError('bad')");
      assertThat(raised.kind()).isEqualTo(OutcomeKind.RAISED);
      assertThat(raised.error().orElseThrow().text()).isEqualTo("ValueError: bad");
      assertThat(raised.stdoutText()).isEqualTo("before failure\n");
      assertThat(session.execute("print(missing)").error().orElseThrow().type())
          .isEqualTo("NameError");
      assertThat(session.execute("for").error().orElseThrow().type()).isEqualTo("SyntaxError");
      assertThat(session.execute("print(keep, await add(1, 2))").stdoutText()).isEqualTo("7 3\n");
    }
  }

  @Test
  @Rule("C42")
  void after_errors_in_a_loop_and_a_missing_name_tools_and_an_answer_work_in_the_same_session() {
    try (SupervisorClient client = open(ECHO)) {
      Session session = client.session();
      Outcome first =
          session.execute(
              "for n in range(3):\n    print('[Error]', n)\n    if n: raise KeyError('page')");
      assertThat(first.error().orElseThrow().type()).isEqualTo("KeyError");
      assertThat(first.stdoutText()).isEqualTo("[Error] 0\n[Error] 1\n");
      assertThat(session.execute("print(pages)").error().orElseThrow().text())
          .isEqualTo("NameError: name 'pages' is not defined");
      Outcome last = session.execute("SUBMIT(answer='echo:' + await echo('tool-ok'))");
      assertThat(last.kind()).isEqualTo(OutcomeKind.SUBMITTED);
      assertThat(last.value().orElseThrow().asJava()).isEqualTo(Map.of("answer", "echo:tool-ok"));
    }
  }

  @Test
  @Rule({"C57", "C58", "C65", "C73"})
  void a_deadline_ends_a_cell_and_the_outcome_says_what_is_left() {
    BlockingQueue<GenerationChange> told = new LinkedBlockingQueue<>();
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.onGeneration(told::add);
      session.execute("kept = [1, 2]; lost = lambda: 1");
      Outcome heeded =
          session.execute(
              Cell.of("print('before', flush=True)\nwhile True: pass")
                  .timeout(Duration.ofMillis(500)));
      assertThat(heeded.kind()).isEqualTo(OutcomeKind.TIMED_OUT);
      assertThat(heeded.cause().orElseThrow().text()).isEqualTo("timed out after 0.5 s");
      assertThat(heeded.stdoutText()).isEqualTo("before\n");
      assertThat(heeded.state().preserved()).isTrue();
      assertThat(session.execute("print(lost())").stdoutText()).isEqualTo("1\n");
      assertThat(told).isEmpty();

      Outcome killed =
          session.execute(
              Cell.of("import signal;signal.signal(signal.SIGINT,signal.SIG_IGN)\nwhile True: pass")
                  .timeout(Duration.ofMillis(500))
                  .grace(Duration.ofMillis(10)));
      assertThat(killed.kind()).isEqualTo(OutcomeKind.TIMED_OUT);
      assertThat(killed.state().source()).isEqualTo(StateSource.SNAPSHOT);
      assertThat(killed.state().restored()).containsExactly("kept");
      assertThat(killed.state().lost()).contains("lost");
      Outcome next = session.execute("print(kept, 'lost' in globals())");
      assertThat(next.stdoutText()).isEqualTo("[1, 2] False\n");
      assertThat(next.generation()).isEqualTo(2);
      assertThat(told).hasSize(1);
    }
  }

  @Test
  @Rule("C36")
  void a_dead_kernel_is_a_crash_with_its_status_and_the_supervisor_lives() {
    try (SupervisorClient client = open(ADD)) {
      Session session = client.session();
      long pid = client.runner().pid();
      Outcome crashed = session.execute("import os;print('last', flush=True);os._exit(7)");
      assertThat(crashed.kind()).isEqualTo(OutcomeKind.CRASHED);
      assertThat(crashed.cause().orElseThrow().text()).contains("exit status 7");
      assertThat(crashed.stdoutText()).isEqualTo("last\n");
      assertThat(crashed.state().source()).isEqualTo(StateSource.FRESH);
      Outcome next = session.execute("print('os' in globals(), await add(1, 2))");
      assertThat(next.stdoutText()).isEqualTo("False 3\n");
      assertThat(client.runner().pid()).isEqualTo(pid);
    }
  }

  @Test
  @Rule({"C3", "C56"})
  void tools_are_there_after_a_reset_and_a_new_one_costs_the_state_and_says_so() throws Exception {
    BlockingQueue<GenerationChange> told = new LinkedBlockingQueue<>();
    try (SupervisorClient client = open(ADD)) {
      Session session = client.session();
      session.onGeneration(told::add);
      session.execute("x = 1");
      session.reset();
      assertThat(told.poll(10, TimeUnit.SECONDS).reason()).isEqualTo("reset");
      assertThat(session.execute("print('x' in globals(), await add(1, 2))").stdoutText())
          .isEqualTo("False 3\n");
      session.registerTools(ECHO);
      GenerationChange change = told.poll(10, TimeUnit.SECONDS);
      assertThat(change.reason()).isEqualTo("tools_registered");
      assertThat(change.state().reason().orElseThrow()).contains("register_tools");
      Outcome outcome = session.execute("print(await add(1, 2), await echo('é'))");
      assertThat(outcome.stdoutText()).isEqualTo("3 é\n");
      assertThat(outcome.generation()).isEqualTo(change.generation()).isEqualTo(3);
    }
  }

  @Test
  @Rule({"C49", "C51", "C53", "C55"})
  void tools_run_at_once_and_their_failures_can_be_caught() {
    CountDownLatch both = new CountDownLatch(2);
    Tool meet =
        Tool.of(
            "meet",
            (arguments, context) -> {
              both.countDown();
              return both.await(10, TimeUnit.SECONDS);
            });
    Tool fail =
        Tool.of(
            "fail",
            (arguments, context) -> {
              throw new IllegalStateException("no such city");
            });
    try (SupervisorClient client = open(meet, fail, ECHO)) {
      Outcome outcome =
          client
              .session()
              .execute(
                  """
                  import asyncio
                  print(await asyncio.gather(meet(), meet()))
                  try:
                      await fail()
                  except RuntimeError as error:
                      print(error)
                  print(await echo([1, 2.5, None, True, {"a": "é"}]), repr(await echo("text")))
                  """);
      assertThat(outcome.stdoutText())
          .isEqualTo("[True, True]\nno such city\n[1, 2.5, None, True, {'a': 'é'}] 'text'\n");
      assertThat(outcome.toolCalls()).isEqualTo(5);
    }
  }

  @Test
  @Rule({"C43", "C45"})
  void what_a_cell_submits_is_the_outcomes_value() {
    try (SupervisorClient client = open()) {
      Outcome outcome = client.session().execute("SUBMIT(answer='done', n=[1, 2])");
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.SUBMITTED);
      assertThat(outcome.value().orElseThrow().asJava())
          .isEqualTo(Map.of("answer", "done", "n", List.of(1L, 2L)));
      assertThat(client.session().execute("print('alive')").stdoutText()).isEqualTo("alive\n");
    }
  }

  // ---- large and not ASCII ----

  /**
   * Two million bytes in characters of one to four, ten together: 65,536 leaves 6 of ten, so the
   * edges of 64 KiB fall on every second place of the ten, and with a shift of one on the others.
   */
  private static String large(int shift) {
    return "x".repeat(shift) + "aé€😀".repeat(210_000);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  @Rule({"C21", "C115"})
  void two_megabytes_that_are_not_ascii_survive_in_both_directions(int shift) {
    String text = large(shift);
    try (SupervisorClient client = open(ECHO)) {
      Session session = client.session();
      Outcome printed = session.execute("t = '" + text + "'\nprint(t)");
      assertThat(printed.stdoutText().equals(text + "\n")).isTrue();
      session.set("u", text);
      Outcome outcome = session.execute("print(t == u == await echo(u))");
      assertThat(outcome.stdoutText()).isEqualTo("True\n");
      assertThat(session.get("u").as(String.class).equals(text)).isTrue();
    }
  }

  @Test
  @Rule("C115")
  void large_arguments_and_results_cross_twelve_times_at_once() {
    try (SupervisorClient client = open(ECHO)) {
      Outcome outcome =
          client
              .session()
              .execute(
                  """
                  import asyncio
                  texts = [chr(97 + n) * 950_000 for n in range(12)]
                  print(texts == await asyncio.gather(*(echo(text) for text in texts)))
                  """);
      assertThat(outcome.stdoutText()).isEqualTo("True\n");
      assertThat(outcome.toolCalls()).isEqualTo(12);
    }
  }

  // ---- where it runs, and its end ----

  @Test
  void cells_run_in_the_workspace_and_with_the_environment_that_were_chosen(@TempDir Path directory)
      throws Exception {
    try (SupervisorClient client =
        Peer.open(Peer.stranger().workspace(directory).environment("COLOUR", "green"))) {
      client.session().execute("import os; open('here', 'w').write(os.environ['COLOUR'])");
      assertThat(Files.readString(directory.resolve("here"))).isEqualTo("green");
    }
    Path own;
    try (SupervisorClient client = open()) {
      Outcome outcome = client.session().execute("import os; print(os.getcwd())");
      own = Path.of(outcome.stdoutText().strip());
      assertThat(own).isDirectory().hasFileName("workspace");
    }
    assertThat(own).doesNotExist();
  }

  @Test
  @Rule({"C103", "H33", "P16"})
  void closing_ends_all_that_was_started_whether_a_cell_runs_or_not() throws Exception {
    List<Long> pids = new ArrayList<>();
    for (String last : List.of("", "import time\ntime.sleep(60)")) {
      long begun;
      try (SupervisorClient client = open()) {
        Outcome outcome =
            client
                .session()
                .execute(
                    "import subprocess; p = subprocess.Popen(['setsid', 'sleep', '60']); print(p.pid)");
        pids.add(Long.parseLong(outcome.stdoutText().strip()));
        if (!last.isEmpty()) {
          client.session().start(Cell.of(last));
        }
        begun = System.nanoTime();
      }
      assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(6));
    }
    for (long pid : pids) {
      ProcessHandle.of(pid).ifPresent(left -> left.onExit().orTimeout(5, TimeUnit.SECONDS).join());
    }
  }

  @Test
  @Rule("C91")
  void an_interrupt_is_none() {
    try (SupervisorClient client = open()) {
      assertThat(client.session().interrupt()).isFalse();
      assertThat(client.request("interrupt", "{\"session\":1,\"cell\":1}"))
          .isEqualTo("{\"running\":false}");
      assertThat(client.request("status", "{}")).contains("\"name\":\"main\"");
    }
  }
}
