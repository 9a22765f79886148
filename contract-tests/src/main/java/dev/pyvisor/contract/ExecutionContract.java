package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Core;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Cells run one after another in an interpreter that keeps its state. */
@Core
public interface ExecutionContract extends RunnerContract {

  @Test
  @Rule("C1")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void what_a_cell_prints_comes_back_exactly() {
    try (SupervisorClient client = open()) {
      Outcome outcome = client.session().execute("print('hi')");

      assertThat(outcome.kind()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(outcome.stdoutText()).isEqualTo("hi\n");
      assertThat(outcome.stderrText()).isEmpty();
      assertThat(outcome.state().preserved()).isTrue();
    }
  }

  @Test
  @Rule("C2")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void a_cell_sees_what_earlier_cells_defined() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      assertThat(session.execute("counter = 40;print('ready')").stdoutText()).isEqualTo("ready\n");
      assertThat(session.execute("counter += 2;print(counter)").stdoutText()).isEqualTo("42\n");
    }
  }

  /** Tools stay over a reset: supersedes the part of C3 in which they vanish. */
  @Test
  @Rule({"C3", "LIF-11", "W12"})
  @Core(between = false)
  default void reset_clears_globals_and_keeps_the_runner_and_its_tools() {
    try (SupervisorClient client = open(DemoTools.adder())) {
      Session session = client.session();
      session.execute("counter = 42");
      int before = session.generation();

      session.reset();

      assertThat(session.generation()).isEqualTo(before + 1);
      Outcome outcome =
          session.execute("print('counter' in globals());print((await add(2, 3))['total'])");
      assertThat(outcome.stdoutText()).isEqualTo("False\n5\n");
      assertThat(outcome.generation()).isEqualTo(before + 1);
    }
  }

  @Test
  @Rule("C5")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void a_cell_that_prints_nothing_has_empty_output() {
    try (SupervisorClient client = open()) {
      for (String code : List.of("pass", "x = 1", "", "# only a comment")) {
        Outcome outcome = client.session().execute(code);
        assertThat(outcome.kind()).as(code).isEqualTo(OutcomeKind.COMPLETED);
        assertThat(outcome.stdoutText() + outcome.stderrText()).as(code).isEmpty();
      }
    }
  }

  @Test
  @Rule("C6")
  @Needs(Capability.TYPED_VALUES)
  @OneBackend
  @Core(from = Tier.WIDE)
  default void a_last_expression_is_not_printed_and_its_value_comes_only_when_asked_for() {
    try (SupervisorClient client = open()) {
      Outcome silent = client.session().execute("1+1");
      assertThat(silent.stdoutText()).isEmpty();
      assertThat(silent.value()).isEmpty();

      Outcome asked = client.session().execute(Cell.of("1+1").withValue());
      assertThat(asked.stdoutText()).isEmpty();
      assertThat(asked.value().orElseThrow().as(Integer.class)).isEqualTo(2);
    }
  }

  @Test
  @Rule("C7")
  default void await_is_allowed_at_the_top_level() {
    try (SupervisorClient client = open()) {
      Outcome outcome = client.session().execute("import asyncio;await asyncio.sleep(0);print(1)");
      assertThat(outcome.stdoutText()).isEqualTo("1\n");
    }
  }

  @Test
  @Rule("C7")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void a_cell_without_await_may_run_a_loop_of_its_own() {
    try (SupervisorClient client = open()) {
      Outcome outcome =
          client
              .session()
              .execute("import asyncio\nasync def f(): return 7\nprint(asyncio.run(f()))");
      assertThat(outcome.stdoutText()).isEqualTo("7\n");
    }
  }

  @Test
  @Rule("C8")
  @Core(between = false)
  default void tasks_that_a_cell_leaves_pending_are_cancelled_and_awaited() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute(
          """
          import asyncio
          seen = []
          async def later():
              try:
                  await asyncio.sleep(600)
                  seen.append('finished')
              except asyncio.CancelledError:
                  await asyncio.sleep(0)
                  seen.append('cancelled')
                  raise
          task = asyncio.create_task(later())
          loop = asyncio.get_running_loop()
          await asyncio.sleep(0)
          """);
      Outcome outcome =
          session.execute(
              "print(seen, task.cancelled(), asyncio.get_running_loop() is loop)\nawait asyncio.sleep(0)");
      assertThat(outcome.stdoutText()).isEqualTo("['cancelled'] True False\n");
    }
  }

  @Test
  @Rule("C9")
  default void functions_classes_imports_and_instances_persist() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute(
          """
          import math
          def area(r): return math.pi * r * r
          class Point:
              def __init__(self, x): self.x = x
          p = Point(3)
          """);
      Outcome outcome =
          session.execute("print(round(area(1), 2), p.x, isinstance(p, Point), Point.__module__)");
      assertThat(outcome.stdoutText()).isEqualTo("3.14 3 True __main__\n");
    }
  }

  @Test
  @Rule({"C10", "LIF-2"})
  @OneBackend
  @Core(from = Tier.WIDE)
  default void cells_started_at_once_run_one_after_another() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("counter = 0");
      Cell cell =
          Cell.of(
              "import time;previous=counter;time.sleep(0.05);counter=previous+1;print(counter)");
      List<CellRun> runs = Stream.generate(() -> session.start(cell)).limit(2).toList();

      assertThat(runs.stream().map(run -> run.outcome().join().stdoutText()))
          .containsExactly("1\n", "2\n");
    }
  }

  @Test
  @Rule("C10")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void threads_that_execute_at_once_all_succeed_and_none_overlaps() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("counter = 0");
      List<String> outputs =
          Stream.generate(
                  () ->
                      "previous=counter;import time;time.sleep(0.01);counter=previous+1;print(counter)")
              .limit(8)
              .map(code -> Concurrently.start(() -> session.execute(code).stdoutText()))
              .toList()
              .stream()
              .map(Concurrently::join)
              .toList();

      assertThat(outputs)
          .containsExactlyInAnyOrder("1\n", "2\n", "3\n", "4\n", "5\n", "6\n", "7\n", "8\n");
    }
  }

  @Test
  @Rule("C13")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void the_path_class_stays_a_class() {
    try (SupervisorClient client = open()) {
      Outcome outcome =
          client
              .session()
              .execute(
                  "import pathlib;print(isinstance(pathlib.Path,type));"
                      + "print(isinstance('/tmp/example',pathlib.Path))");
      assertThat(outcome.stdoutText()).isEqualTo("True\nFalse\n");
    }
  }

  @Test
  @Rule("C15")
  @Core(between = false)
  default void a_subprocess_cannot_read_the_protocol_from_its_standard_input() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("survivor = 'still here'");
      Outcome outcome =
          session.execute(
              """
              import subprocess, sys
              child = subprocess.run([sys.executable, '-c', 'import os; print(os.read(0, 1))'],
                                     capture_output=True, text=True, timeout=15)
              print(child.stdout.strip())
              """);
      assertThat(outcome.stdoutText()).isEqualTo("b''\n");
      assertThat(session.execute("print(survivor)").stdoutText()).isEqualTo("still here\n");
    }
  }

  @Test
  @Rule("C15")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void reading_standard_input_is_a_clear_error() {
    try (SupervisorClient client = open()) {
      for (String code : List.of("input('name? ')", "import sys; sys.stdin.read()")) {
        Outcome outcome = client.session().execute(code);
        assertThat(outcome.kind()).as(code).isEqualTo(OutcomeKind.RAISED);
        assertThat(outcome.error().orElseThrow().message()).as(code).contains("standard input");
      }
    }
  }

  @Test
  @Rule("C23")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void code_fences_around_a_cell_are_taken_off() {
    try (SupervisorClient client = open()) {
      for (String tag : List.of("python", "py", "repl", "")) {
        String fenced = "```" + tag + "\nprint(42)\n```";
        assertThat(client.session().execute(fenced).stdoutText()).as(tag).isEqualTo("42\n");
      }
    }
  }

  @Test
  @Rule("C24")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void several_fenced_blocks_become_one_cell_and_other_tags_stay() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      String two = "First:\n```python\na = 1   \n```\nthen\n```\nprint(a + 1)\n```\n";
      assertThat(session.execute(two).stdoutText()).isEqualTo("2\n");
      assertThat(session.execute("text = 'no `fence` here'\nprint(text)").stdoutText())
          .isEqualTo("no `fence` here\n");
      Outcome other = session.execute("```bash\nls\n```");
      assertThat(other.error().orElseThrow().type()).isEqualTo("SyntaxError");
    }
  }

  @Test
  @Rule({"C10", "W42"})
  @OneBackend
  @Core(from = Tier.WIDE)
  default void cells_that_wait_run_in_the_order_in_which_they_were_started() {
    int cells = 100;
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("seen = []");
      List<CellRun> runs = new ArrayList<>();
      for (int i = 0; i < cells; i++) {
        runs.add(session.start(Cell.of("seen.append(" + i + ")")));
      }
      runs.forEach(run -> assertThat(run.outcome().join().ok()).isTrue());
      assertThat(session.execute("print(seen == list(range(" + cells + ")))").stdoutText())
          .isEqualTo("True\n");
    }
  }

  /** No file function is patched, so none is forgotten. */
  @Test
  @Rule("W37")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void everything_that_opens_files_sees_the_same_ones() {
    try (SupervisorClient client = open()) {
      Outcome outcome =
          client
              .session()
              .execute(
                  """
                  import os, pathlib, shutil, subprocess
                  with open('made.txt', 'w') as file: n = file.write('by open')
                  here = os.getcwd()
                  copied = shutil.copy(os.path.join(here, 'made.txt'), 'copied.txt')
                  os.rename('copied.txt', 'renamed.txt')
                  print(pathlib.Path(here, 'renamed.txt').read_text())
                  print(subprocess.run(['cat', here + '/renamed.txt'], capture_output=True, text=True).stdout)
                  print(sorted(os.listdir(here)) == sorted(path.name for path in pathlib.Path().iterdir()))
                  print(subprocess.run(['pwd', '-P'], capture_output=True, text=True).stdout.strip() == os.path.realpath(here))
                  """);
      assertThat(outcome.stdoutText())
          .as(outcome::toString)
          .isEqualTo("by open\nby open\nTrue\nTrue\n");
    }
  }
}
