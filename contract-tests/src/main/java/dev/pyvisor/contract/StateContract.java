package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.GenerationChange;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Heavy;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.load.Latencies;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.outcome.StateSource;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** However a kernel ends, the session goes on with everything as it was before the cell. */
@OneBackend
@Needs(Capability.CHECKPOINTS)
public interface StateContract extends RunnerContract {
  /** Bounds the wait for a notification that comes right after a reply. */
  Duration SOON = Duration.ofSeconds(10);

  /** A deadline that comes before the cell is deaf interrupts it, as any other. */
  Duration TO_WHERE_IT_IS_STUCK = Duration.ofMillis(1_000);

  @TestFactory
  @Rule({"H19", "H40", "C36", "LIF-7", "LIF-18"})
  default List<DynamicTest> after_each_kind_of_death_all_is_as_before_the_cell() {
    List<DynamicTest> tests = new ArrayList<>();
    for (DeathContract.Death death : DeathContract.DEATHS) {
      Cell cell = Cell.of(RichState.SPOIL + death.code());
      tests.add(DynamicTest.dynamicTest(death.code(), () -> survives(cell, OutcomeKind.CRASHED)));
    }
    return tests;
  }

  @TestFactory
  @Rule({"H40", "H11", "C65", "LIF-18"})
  @Heavy(why = "eight deadlines with their graces")
  @OneBackend
  default List<DynamicTest> after_each_cell_that_had_to_be_killed_all_is_as_before_it() {
    List<DynamicTest> tests = new ArrayList<>();
    StuckCells.endedByTheLadder()
        .forEach(
            (name, code) -> {
              Cell cell =
                  Cell.of(RichState.SPOIL + code)
                      .timeout(TO_WHERE_IT_IS_STUCK)
                      .grace(Duration.ofMillis(400));
              tests.add(DynamicTest.dynamicTest(name, () -> survives(cell, OutcomeKind.TIMED_OUT)));
            });
    return tests;
  }

  private void survives(Cell cell, OutcomeKind fate) throws InterruptedException {
    try (SupervisorClient client =
        open(DemoTools.adder(), Tool.of("stuck", (given, call) -> null))) {
      Session session = client.session();
      BlockingQueue<GenerationChange> changes = changes(session);
      assertThat(session.execute(RichState.MAKE).kind()).isEqualTo(OutcomeKind.COMPLETED);

      Outcome outcome = session.execute(cell);

      assertThat(outcome.kind()).isEqualTo(fate);
      assertThat(outcome.cause()).isPresent();
      assertThat(outcome.stdoutText()).isEqualTo("partial\n");
      assertThat(outcome.stderrText()).startsWith("complaint\n");
      StateReport state = outcome.state();
      assertThat(state.source()).as(state.text()).isEqualTo(StateSource.CHECKPOINT);
      assertThat(state.preserved()).as(state.text()).isTrue();
      assertThat(state.lost()).isEmpty();
      assertThat(state.restored()).containsAll(RichState.NAMES).isSorted().doesNotContain("new");
      assertThat(state.reason()).isPresent();
      assertThat(state.notRolledBack()).contains("changes to files");

      GenerationChange change = changes.poll(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(change).isNotNull();
      assertThat(change.generation()).isEqualTo(outcome.generation() + 1);
      assertThat(change.reason()).isEqualTo(fate.wireName());
      assertThat(change.state()).isEqualTo(state);

      Outcome next = session.execute(RichState.CHECK);
      assertThat(next.stdoutText()).as(next.toString()).isEqualTo(RichState.AS_MADE);
      assertThat(next.generation()).isEqualTo(change.generation());
      assertThat(next.state()).isEqualTo(StateReport.live());
      assertThat(session.execute("print((await add(1, 2))['total'])").stdoutText())
          .isEqualTo("3\n");
      assertThat(changes).as("one change, told once").isEmpty();
    }
  }

  /** What brings a state back must not do again what was done. */
  @Test
  @Rule({"H40", "LIF-18"})
  default void nothing_is_replayed(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("lines.txt");
    try (SupervisorClient client = OpenClients.open(client().workspace(workspace(folder)))) {
      Session session = client.session();
      session.set("path", file.toString());
      session.execute(
          """
          import os
          with open(path, 'a') as lines:
              lines.write('made\\n')
          def counting():
              for n in range(10):
                  yield n
          generator = counting()
          next(generator)
          def make():
              count = 0
              def closure():
                  nonlocal count
                  count += 1
                  return count
              return closure
          closure = make()
          closure()
          handle = open(path + '.deleted', 'w+')
          os.remove(path + '.deleted')
          handle.write('written')
          handle.seek(0)
          """);
      Outcome outcome =
          session.execute(
              "with open(path, 'a') as lines: lines.write('dying\\n')\nimport os; os._exit(7)");
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.CRASHED);
      assertThat(
              session
                  .execute("print(next(generator), closure(), handle.read(), os.path.exists(path))")
                  .stdoutText())
          .isEqualTo("1 2 written True\n");
    }
    assertThat(Files.readString(file)).isEqualTo("made\ndying\n");
  }

  @Test
  @Rule({"C78", "LIF-18"})
  default void the_report_says_what_does_not_go_back() {
    try (SupervisorClient client = open(DemoTools.adder())) {
      Session session = client.session();
      session.execute("seed = 5");
      StateReport two =
          session.execute("await add(1, 2); await add(3, 4); import os; os._exit(1)").state();
      assertThat(two.notRolledBack()).contains("2 host tool calls that the cell made");
      assertThat(two.text()).contains("preserved (checkpoint)", "not undone: 2 host tool calls");
      StateReport one = session.execute("await add(1, 2)\nimport os; os._exit(1)").state();
      assertThat(one.notRolledBack()).contains("1 host tool call that the cell made");
      StateReport none = session.execute("import os; os._exit(1)").state();
      assertThat(none.notRolledBack()).isNotEmpty().noneMatch(line -> line.contains("tool"));
      assertThat(session.execute("print(seed)").state().notRolledBack()).isEmpty();
    }
  }

  @Test
  @Rule({"H42", "LIF-18"})
  default void one_death_after_another_leaves_the_state_whole() {
    Counts counts = Counts.of(10, 50, 200);
    Latencies latencies = new Latencies();
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("def count():\n    yield from range(10**6)\ncounting = count()");
      for (int i = 0; i < counts.now(); i++) {
        assertThat(session.execute("print(next(counting))").stdoutText()).isEqualTo(i + "\n");
        long start = System.nanoTime();
        Outcome outcome = session.execute("next(counting)\nimport os; os._exit(7)");
        assertThat(outcome.kind()).isEqualTo(OutcomeKind.CRASHED);
        assertThat(outcome.state().preserved()).as(outcome.state().text()).isTrue();
        assertThat(session.execute("pass").generation()).isEqualTo(i + 2);
        latencies.add(Duration.ofNanos(System.nanoTime() - start));
      }
    }
    Evidence.record(
        "from a cell that ends its kernel to the end of the next one, on the state before both",
        List.of("H40", "H42"),
        latencies.summary(),
        counts);
  }

  @Test
  @Rule("LIF-18")
  default void a_kernel_that_dies_while_no_cell_runs_is_replaced_and_told()
      throws InterruptedException {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      BlockingQueue<GenerationChange> changes = changes(session);
      session.execute(
          """
          import os, subprocess
          keep = iter([1, 2, 3])
          next(keep)
          killer = subprocess.Popen(['sh', '-c', f'sleep 0.3; kill -9 {os.getpid()}']).pid
          """);
      GenerationChange change = changes.poll(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(change).isNotNull();
      assertThat(change.reason()).isEqualTo("crashed");
      assertThat(change.generation()).isEqualTo(2);
      assertThat(change.state().source()).isEqualTo(StateSource.CHECKPOINT);
      assertThat(change.state().preserved()).as(change.state().text()).isTrue();
      assertThat(change.state().reason()).get().asString().contains("SIGKILL");
      Outcome next = session.execute("print(next(keep))");
      assertThat(next.stdoutText()).isEqualTo("2\n");
      assertThat(next.generation()).isEqualTo(2);
      assertThat(session.generation()).isEqualTo(2);
    }
  }

  @Test
  @Rule({"C79", "LIF-11", "W5"})
  default void registering_tools_loses_no_state_and_they_survive_a_kill() {
    try (SupervisorClient client = open(DemoTools.adder())) {
      Session session = client.session();
      session.execute("counting = iter(range(9)); next(counting)");
      session.registerTools(Tool.of("late", (given, call) -> "late answer"));
      Outcome live = session.execute("print(next(counting), await late())");
      assertThat(live.stdoutText()).isEqualTo("1 late answer\n");
      assertThat(live.generation()).isEqualTo(1);

      Outcome killed = session.execute("import os; os.kill(os.getpid(), 9)");
      assertThat(killed.state().restored()).contains("counting").doesNotContain("add", "late");
      assertThat(killed.state().restored()).noneMatch(name -> name.startsWith("__"));
      Outcome next =
          session.execute("print(next(counting), await late(), (await add(2, 3))['total'])");
      assertThat(next.stdoutText()).isEqualTo("2 late answer 5\n");
    }
  }

  @Test
  @Rule({"C3", "LIF-11", "W12"})
  default void reset_keeps_the_tools_and_gives_a_fresh_state() throws InterruptedException {
    try (SupervisorClient client = open(DemoTools.adder())) {
      Session session = client.session();
      BlockingQueue<GenerationChange> changes = changes(session);
      session.execute("old = 1");
      session.reset();
      Outcome next = session.execute("print('old' in globals(), (await add(1, 2))['total'])");
      assertThat(next.stdoutText()).isEqualTo("False 3\n");
      assertThat(next.generation()).isEqualTo(2);

      GenerationChange change = changes.poll(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(change).isNotNull();
      assertThat(change.reason()).isEqualTo("reset");
      assertThat(change.state().source()).isEqualTo(StateSource.FRESH);
      assertThat(change.state().lost()).containsExactly("old");

      Outcome crashed = session.execute("import os; os._exit(7)");
      assertThat(crashed.state().restored()).doesNotContain("old");
      assertThat(session.execute("print('old' in globals())").stdoutText()).isEqualTo("False\n");
    }
  }

  private static BlockingQueue<GenerationChange> changes(Session session) {
    BlockingQueue<GenerationChange> changes = new LinkedBlockingQueue<>();
    session.onGeneration(changes::add);
    return changes;
  }
}
