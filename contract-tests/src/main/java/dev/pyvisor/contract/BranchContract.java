package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.contract.load.Latencies;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.outcome.StateSource;
import dev.pyvisor.tool.Tool;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Sessions that begin with a copy of another's state: best of many tries from one loaded data set.
 */
@OneBackend
@Needs({Capability.CHECKPOINTS, Capability.SESSIONS})
public interface BranchContract extends RunnerContract {
  int BRANCHES = 8;

  /** What takes long to load, and a file beside it. */
  String LOADED =
      """
      import os, random
      data = list(range(1000))
      def rows():
          yield from data
      cursor = rows()
      next(cursor)
      random.seed(1)
      open('input.txt', 'w').write('input')
      """;

  @Test
  @Rule({"H40", "LIF-18"})
  default void the_best_of_many_tries_from_one_loaded_data_set() throws InterruptedException {
    Latencies latencies = new Latencies();
    try (SupervisorClient client = open(whoCalls())) {
      Session parent = client.session();
      parent.execute(LOADED);
      List<Session> branches = new ArrayList<>();
      for (int i = 0; i < BRANCHES; i++) {
        long start = System.nanoTime();
        branches.add(parent.branch("try " + i));
        latencies.add(Duration.ofNanos(System.nanoTime() - start));
      }

      List<CellRun> runs = new ArrayList<>();
      for (int i = 0; i < BRANCHES; i++) {
        String code =
            """
            mine = %d
            for _ in range(mine): next(cursor)
            data.append(-mine)
            open('input.txt', 'a').write(f' of {mine}')
            for _ in range(1000): print(mine, flush=True)
            assert await who() == f'try {mine}'
            [next(cursor), len(data), random.random(), os.getcwd(), open('input.txt').read()]
            """
                .formatted(i);
        runs.add(branches.get(i).start(Cell.of(code).withValue()));
      }
      Set<Object> draws = new HashSet<>();
      Set<Object> directories = new HashSet<>();
      for (int i = 0; i < BRANCHES; i++) {
        Outcome outcome = runs.get(i).await();
        assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.COMPLETED);
        assertThat(outcome.stdoutText()).isEqualTo((i + "\n").repeat(1000));
        List<?> found = (List<?>) outcome.value().orElseThrow().asJava();
        assertThat(found.get(0)).isEqualTo(1L + i);
        assertThat(found.get(1)).isEqualTo(1001L);
        assertThat(draws.add(found.get(2))).as("random numbers of its own").isTrue();
        assertThat(directories.add(found.get(3))).as("a directory of its own").isTrue();
        assertThat(found.get(4)).isEqualTo("input of " + i);
        assertThat(branches.get(i).name()).isEqualTo("try " + i);
      }

      Outcome after =
          parent.execute(
              Cell.of("[len(data), next(cursor), open('input.txt').read(), 'mine' in globals()]")
                  .withValue());
      assertThat(after.value().orElseThrow().asJava())
          .isEqualTo(List.of(1000L, 1L, "input", false));
      assertThat(after.generation()).isEqualTo(1);
      assertThat(parent.execute("print(await who(), random.random() == random.Random(1).random())"))
          .extracting(Outcome::stdoutText)
          .isEqualTo("main True\n");
      Object ours =
          parent.execute(Cell.of("os.getcwd()").withValue()).value().orElseThrow().asJava();
      assertThat(directories).doesNotContain(ours);
    }
    Evidence.record(
        "a branch of a session, from the call to its return",
        List.of("H40"),
        latencies.summary(),
        Counts.always(BRANCHES));
  }

  @Test
  @Rule("H42")
  default void a_branch_of_a_checkpoint_has_the_state_of_then() {
    try (SupervisorClient client = open()) {
      Session parent = client.session();
      parent.execute("counting = iter(range(9)); next(counting)");
      parent.checkpoint("one");
      parent.execute("next(counting); later = 1");
      Session first = parent.branch("first", "one");
      Session second = parent.branch("second", "one");
      for (Session branch : List.of(first, second)) {
        assertThat(branch.execute("print(next(counting), 'later' in globals())").stdoutText())
            .isEqualTo("1 False\n");
      }
      assertThat(parent.execute("print(next(counting), later)").stdoutText()).isEqualTo("2 1\n");
      parent.rollback("one");
      assertThat(parent.execute("print(next(counting))").stdoutText()).isEqualTo("1\n");
    }
  }

  @Test
  @Rule({"H39", "LIF-18"})
  default void a_branch_that_could_only_have_plain_data_says_so() {
    try (SupervisorClient client = open()) {
      Session parent = client.session();
      assertThat(parent.origin()).isEmpty();
      parent.execute("number = 1\ndef function(): pass");
      StateReport whole = parent.branch("whole").origin().orElseThrow();
      assertThat(whole.preserved()).as(whole.text()).isTrue();
      assertThat(whole.source()).isEqualTo(StateSource.CHECKPOINT);
      assertThat(whole.restored()).containsExactly("function", "number");

      parent.execute(SnapshotContract.THREAD);
      Session branch = parent.branch("plain");
      StateReport plain = branch.origin().orElseThrow();
      assertThat(plain.preserved()).isFalse();
      assertThat(plain.source()).isEqualTo(StateSource.SNAPSHOT);
      assertThat(plain.restored()).containsExactly("number");
      assertThat(plain.lost()).containsExactly("function", "threading", "waiting");
      assertThat(plain.reason()).get().asString().contains("threads: 1 other thread runs");
      assertThat(branch.execute("print(number, 'function' in globals())").stdoutText())
          .isEqualTo("1 False\n");
    }
  }

  @Test
  @Rule("H42")
  default void a_branch_can_be_branched_and_goes_on_without_its_parent() {
    try (SupervisorClient client = open(DemoTools.adder())) {
      Session main = client.session();
      main.execute("path = ['main']; counting = iter(range(9))");
      Session first = main.branch("first");
      first.execute("path.append('first'); next(counting)");
      Session second = first.branch("second");
      second.execute("path.append('second'); next(counting)");
      first.close();
      assertThat(
              second
                  .execute("print(path, next(counting), (await add(1, 2))['total'])")
                  .stdoutText())
          .isEqualTo("['main', 'first', 'second'] 2 3\n");
      assertThat(main.execute("print(path, next(counting))").stdoutText())
          .isEqualTo("['main'] 0\n");
    }
  }

  @Test
  @Rule({"H42", "H40"})
  default void branches_die_roll_back_and_time_out_by_themselves() {
    try (SupervisorClient client = open()) {
      Session parent = client.session();
      parent.execute("import os\ncounting = iter(range(9)); next(counting)");
      parent.checkpoint("theirs");
      Session branch = parent.branch("branch");
      branch.execute("next(counting)");
      branch.checkpoint("mine");
      Outcome died = branch.execute("next(counting); os._exit(7)");
      assertThat(died.state().preserved()).as(died.state().text()).isTrue();
      assertThat(branch.execute("print(next(counting))").stdoutText()).isEqualTo("2\n");
      branch.rollback("mine");
      Outcome late = branch.execute(Cell.of("while True: pass").timeout(Duration.ofMillis(100)));
      assertThat(late.kind()).isEqualTo(OutcomeKind.TIMED_OUT);
      assertThat(branch.execute("print(next(counting))").stdoutText()).isEqualTo("2\n");
      assertThatThrownBy(() -> branch.rollback("theirs"))
          .isInstanceOf(CallFailed.class)
          .hasMessageContaining("'mine'");
      assertThat(branch.generation()).isEqualTo(3);
      assertThat(parent.execute("print(next(counting))").stdoutText()).isEqualTo("1\n");
      assertThat(parent.generation()).isEqualTo(1);
    }
  }

  @Test
  @Rule({"P11", "H18"})
  default void closing_a_branch_leaves_nothing_of_it() {
    try (SupervisorClient client = open()) {
      Session parent = client.session();
      parent.execute("import os, subprocess\nopen('kept.txt', 'w').write('kept')");
      long before = processes(client);
      Session branch = parent.branch("branch");
      List<?> its =
          (List<?>)
              branch
                  .execute(
                      Cell.of(
                              "child = subprocess.Popen(['sleep', '60']).pid\n"
                                  + "[os.getcwd(), os.getpid(), child]")
                          .withValue())
                  .value()
                  .orElseThrow()
                  .asJava();
      long kernel = here(client, (Long) its.get(1));
      long child = here(client, (Long) its.get(2));
      assertThat(Processes.alive(kernel) && Processes.alive(child)).isTrue();
      branch.checkpoint("one");
      Path directory = Path.of((String) its.get(0));
      assertThat(directory.resolve("kept.txt")).hasContent("kept");
      branch.close();
      assertThat(directory).doesNotExist();
      assertThat(Processes.alive(kernel)).as("its kernel").isFalse();
      assertThat(Processes.alive(child)).as("its child").isFalse();
      Kept.awaitProcesses(client, before);
      assertThat(parent.execute("print(open('kept.txt').read())").stdoutText()).isEqualTo("kept\n");
      // Its name is free again.
      assertThat(parent.branch("branch").execute("print(1)").stdoutText()).isEqualTo("1\n");
    }
  }

  private static long processes(SupervisorClient client) {
    client.session().checkpoint("settled"); // what is kept unasked is there by then
    return Kept.processes(client);
  }

  /** A branch waits for what was called before it, and holds nothing of what is called after it. */
  @Test
  @Rule("LIF-2")
  default void a_branch_waits_for_the_cell_that_runs() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (SupervisorClient client = open(Gates.waiting(begun, go))) {
      Session parent = client.session();
      CellRun running = parent.start(Cell.of("await wait(); done = ['running']"));
      assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
      var branch = Concurrently.start(() -> parent.branch("branch"));
      CheckpointContract.waiting(client, 1);
      CellRun behind = parent.start(Cell.of("done.append('behind')"));
      go.countDown();
      assertThat(running.await().ok()).isTrue();
      assertThat(behind.await().ok()).isTrue();
      assertThat(Concurrently.join(branch).execute("print(done)").stdoutText())
          .isEqualTo("['running']\n");
    }
  }

  @Test
  @Rule("LIF-11")
  default void a_tool_that_a_branch_registers_is_its_own() {
    try (SupervisorClient client = open(DemoTools.adder())) {
      Session parent = client.session();
      Session branch = parent.branch("branch");
      branch.registerTools(Tool.of("mine", (given, call) -> "mine"));
      assertThat(branch.execute("print(await mine(), (await add(1, 2))['total'])").stdoutText())
          .isEqualTo("mine 3\n");
      assertThat(parent.execute("await mine()").error().orElseThrow().type())
          .isEqualTo("NameError");
    }
  }

  private static Tool whoCalls() {
    return Tool.of("who", (given, call) -> call.session().name());
  }
}
