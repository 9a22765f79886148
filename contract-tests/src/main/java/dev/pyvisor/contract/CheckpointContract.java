package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.CheckpointPolicy;
import dev.pyvisor.CheckpointReport;
import dev.pyvisor.GenerationChange;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.outcome.StateSource;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** A session goes back to a state that was given a name, as often as it is asked to. */
@OneBackend
@Needs(Capability.CHECKPOINTS)
public interface CheckpointContract extends RunnerContract {
  Duration SOON = Duration.ofSeconds(10);

  @Test
  @Rule({"H42", "H40", "LIF-18"})
  default void ten_times_in_a_row_a_rollback_gives_the_state_of_its_checkpoint()
      throws InterruptedException {
    Counts counts = Counts.always(10);
    try (SupervisorClient client = open(DemoTools.adder())) {
      Session session = client.session();
      BlockingQueue<GenerationChange> changes = new LinkedBlockingQueue<>();
      session.onGeneration(changes::add);
      session.execute(RichState.MAKE);
      CheckpointReport made = session.checkpoint("made");
      assertThat(made.name()).isEqualTo("made");
      assertThat(made.source()).as(made.toString()).isEqualTo(StateSource.CHECKPOINT);
      assertThat(made.reason()).isEmpty();
      assertThat(made.cell()).isEqualTo(1);

      for (int i = 1; i <= counts.now(); i++) {
        session.execute(RichState.SPOIL);
        StateReport state = session.rollback("made");
        assertThat(state.source()).isEqualTo(StateSource.CHECKPOINT);
        assertThat(state.preserved()).as(state.text()).isTrue();
        assertThat(state.restored()).containsAll(RichState.NAMES).doesNotContain("new");
        assertThat(state.lost()).isEmpty();
        assertThat(state.notRolledBack()).contains("changes to files");
        assertThat(session.generation()).isEqualTo(1 + i);

        GenerationChange change = changes.poll(SOON.toSeconds(), TimeUnit.SECONDS);
        assertThat(change).isEqualTo(new GenerationChange(1 + i, "rollback", state));
        assertThat(session.execute(RichState.CHECK).stdoutText()).isEqualTo(RichState.AS_MADE);
        assertThat(session.execute("print((await add(1, 2))['total'])").stdoutText())
            .isEqualTo("3\n");
      }
    }
  }

  @Test
  @Rule("H42")
  default void a_rollback_can_be_rolled_back() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("counting = iter(range(100)); next(counting)");
      session.checkpoint("one");
      session.execute("next(counting)");
      session.checkpoint("two");
      session.execute("next(counting)");
      session.rollback("one");
      assertThat(session.execute("print(next(counting))").stdoutText()).isEqualTo("1\n");
      session.rollback("two");
      assertThat(session.execute("print(next(counting))").stdoutText()).isEqualTo("2\n");
      session.rollback("one");
      session.checkpoint("three");
      session.rollback("two");
      session.rollback("three");
      assertThat(session.execute("print(next(counting))").stdoutText()).isEqualTo("1\n");
    }
  }

  @Test
  @Rule({"H42", "LIF-18"})
  default void deaths_and_rollbacks_do_not_disturb_each_other() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("import os\ncounting = iter(range(100)); next(counting)");
      session.checkpoint("one");
      session.execute("next(counting); later = 1");
      assertThat(session.execute("os._exit(7)").state().preserved()).isTrue();
      assertThat(session.execute("print(next(counting), later)").stdoutText()).isEqualTo("2 1\n");
      session.rollback("one");
      Outcome died = session.execute("next(counting); os._exit(7)");
      assertThat(died.state().preserved()).as(died.state().text()).isTrue();
      assertThat(session.execute("print(next(counting), 'later' in globals())").stdoutText())
          .isEqualTo("1 False\n");
      session.rollback("one");
      assertThat(session.execute("print(next(counting))").stdoutText()).isEqualTo("1\n");
    }
  }

  /** What is outside the process is not rolled back, and the report says so. */
  @Test
  @Rule("LIF-18")
  default void files_stay_as_they_are(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("file.txt");
    try (SupervisorClient client = OpenClients.open(client().workspace(workspace(folder)))) {
      Session session = client.session();
      session.set("path", file.toString());
      session.execute("open(path, 'w').write('before')");
      session.checkpoint("here");
      session.execute("open(path, 'w').write('after')");
      assertThat(session.rollback("here").notRolledBack())
          .contains("changes to files", "what was sent over sockets");
      assertThat(session.execute("print(open(path).read())").stdoutText()).isEqualTo("after\n");
    }
    assertThat(file).hasContent("after");
  }

  @Test
  @Rule({"ERR-1", "LIF-18"})
  default void a_name_that_there_is_not_is_refused_with_those_that_there_are() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      refused(
          () -> session.rollback("loaded"),
          ErrorCode.INVALID_ARGUMENT,
          "not \"loaded\"",
          "there is none");
      session.checkpoint("loaded");
      session.checkpoint("trained");
      for (ThrowingCallable verb :
          List.<ThrowingCallable>of(
              () -> session.rollback("lodaed"),
              () -> session.dropCheckpoint("lodaed"),
              () -> session.branch("branch", "lodaed"))) {
        refused(verb, ErrorCode.INVALID_ARGUMENT, "not \"lodaed\"", "'loaded'", "'trained'");
      }
      for (String bad : List.of("", "x".repeat(201))) {
        refused(() -> session.checkpoint(bad), ErrorCode.INVALID_ARGUMENT, "name", "200");
      }
      session.checkpoint("x".repeat(200));
      assertThat(session.execute("print('alive')").generation()).isEqualTo(1);
    }
  }

  @Test
  @Rule("ERR-1")
  default void a_fifth_name_is_refused_with_the_numbers_until_one_is_dropped() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      for (int i = 1; i <= 4; i++) {
        session.execute("number = " + i);
        session.checkpoint("c" + i);
      }
      CallFailed fifth =
          refused(() -> session.checkpoint("c5"), ErrorCode.RESOURCE_EXHAUSTED, "4", "drop one");
      assertThat(fifth.data().orElseThrow().replace(" ", ""))
          .contains("\"limit\":\"named_checkpoints\"", "\"current\":4", "\"max\":4");
      session.execute("number = 22");
      session.checkpoint("c2"); // replaces one
      session.dropCheckpoint("c1");
      refused(() -> session.rollback("c1"), ErrorCode.INVALID_ARGUMENT, "\"c1\"", "'c2'", "'c4'");
      session.checkpoint("c5");
      for (String[] expected : new String[][] {{"c2", "22"}, {"c3", "3"}, {"c4", "4"}}) {
        session.rollback(expected[0]);
        assertThat(session.execute("print(number)").stdoutText()).isEqualTo(expected[1] + "\n");
      }
    }
  }

  @Test
  @Rule("LIF-18")
  default void reset_drops_checkpoints() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.checkpoint("old");
      session.reset();
      refused(() -> session.rollback("old"), ErrorCode.INVALID_ARGUMENT, "there is none");
    }
  }

  /** It holds what was called before it and nothing of what was called after it. */
  @Test
  @Rule({"LIF-2", "C10"})
  default void a_checkpoint_has_its_place_among_the_cells_that_wait() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (SupervisorClient client = open(Gates.waiting(begun, go))) {
      Session session = client.session();
      session.execute("done = []");
      List<CellRun> runs = new ArrayList<>();
      runs.add(session.start(Cell.of("await wait(); done.append('running')")));
      assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
      runs.add(session.start(Cell.of("done.append('before')")));
      waiting(client, 1);
      CompletableFuture<CheckpointReport> checkpoint =
          Concurrently.start(() -> session.checkpoint("here"));
      waiting(client, 2);
      runs.add(session.start(Cell.of("done.append('behind')")));
      waiting(client, 3);
      CompletableFuture<StateReport> rollback = Concurrently.start(() -> session.rollback("here"));
      waiting(client, 4);
      runs.add(session.start(Cell.of("print(done)")));
      assertThat(checkpoint).isNotDone();
      go.countDown();
      for (CellRun run : runs) {
        assertThat(run.await().ok()).isTrue();
      }
      assertThat(Concurrently.join(checkpoint).cell()).isEqualTo(3);
      assertThat(Concurrently.join(rollback).preserved()).isTrue();
      assertThat(runs.get(3).await().stdoutText()).isEqualTo("['running', 'before']\n");
    }
  }

  /** Returns when so many operations of a session wait for their turn. */
  static void waiting(SupervisorClient client, int operations) {
    Awaitility.await()
        .atMost(SOON)
        .until(
            () ->
                client.evidence().stream()
                    .anyMatch(line -> line.contains("waiting=" + operations)));
  }

  @Test
  @Rule("H39")
  default void where_no_copy_can_be_made_a_checkpoint_is_of_plain_data_and_says_so() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute(SnapshotContract.THREAD + "number = 1\ndef function(): pass");
      CheckpointReport made = session.checkpoint("plain");
      assertThat(made.source()).isEqualTo(StateSource.SNAPSHOT);
      assertThat(made.reason()).get().asString().contains("threads: 1 other thread runs");
      for (int i = 0; i < 2; i++) {
        session.execute("number = 2");
        StateReport state = session.rollback("plain");
        assertThat(state.source()).isEqualTo(StateSource.SNAPSHOT);
        assertThat(state.preserved()).isFalse();
        assertThat(state.restored()).containsExactly("number");
        assertThat(state.lost()).containsExactly("function", "threading", "waiting");
        assertThat(state.reason()).get().asString().contains("threads: 1 other thread runs");
        assertThat(session.execute("print(number, 'function' in globals())").stdoutText())
            .isEqualTo("1 False\n");
      }
    }
  }

  @TestFactory
  @Rule({"H39", "LIF-18"})
  default List<DynamicTest> a_policy_decides_what_is_kept_unasked_and_never_what_was_asked_for() {
    List<DynamicTest> tests = new ArrayList<>();
    for (CheckpointPolicy policy : CheckpointPolicy.values()) {
      tests.add(DynamicTest.dynamicTest(policy.wireName(), () -> keeps(policy)));
    }
    return tests;
  }

  private void keeps(CheckpointPolicy policy) {
    try (SupervisorClient client = OpenClients.open(client().checkpoints(policy))) {
      Session session = client.session();
      session.execute("import os\ncounting = iter(range(9))");
      assertThat(session.checkpoint("asked").source()).isEqualTo(StateSource.CHECKPOINT);
      session.execute("next(counting)");
      StateReport state = session.execute("os._exit(7)").state();
      boolean kept = policy != CheckpointPolicy.NEVER;
      assertThat(state.source()).isEqualTo(kept ? StateSource.CHECKPOINT : StateSource.FRESH);
      assertThat(state.preserved()).isEqualTo(kept);
      assertThat(session.execute("print('counting' in globals())").stdoutText())
          .isEqualTo(kept ? "True\n" : "False\n");
      assertThat(session.rollback("asked").preserved()).isTrue();
      assertThat(session.execute("print(next(counting))").stdoutText()).isEqualTo("0\n");
    }
  }

  /** Frozen copies are processes, and a machine short of memory ends them first. */
  @Test
  @Rule({"H42", "C78"})
  default void a_copy_that_was_killed_is_a_loss_that_is_told() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("import os\nnumber = 1\ndef function(): pass");
      session.checkpoint("here"); // by then the copy that nobody asked for is there too
      Kept.killAll(client);
      StateReport state = session.execute("os._exit(7)").state();
      assertThat(state.source()).as(state.text()).isEqualTo(StateSource.FRESH);
      assertThat(state.lost()).containsExactly("function", "number", "os");
      assertThat(state.reason()).get().asString().contains("exit status 7", "had ended");
      refused(() -> session.rollback("here"), ErrorCode.INVALID_ARGUMENT, "\"here\"");
      assertThat(session.execute("print('alive')").stdoutText()).isEqualTo("alive\n");
    }
  }

  private static CallFailed refused(ThrowingCallable verb, ErrorCode code, String... words) {
    CallFailed[] found = new CallFailed[1];
    assertThatThrownBy(verb)
        .isInstanceOfSatisfying(CallFailed.class, failed -> found[0] = failed)
        .hasMessageContainingAll(words);
    assertThat(found[0].code()).isEqualTo(code);
    return found[0];
  }
}
