package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.GenerationChange;
import dev.pyvisor.RunnerInfo;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Applicability;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.error.RunnerGone;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateSource;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * The use that follows the death of a supervisor finds another, with the same sessions and tools.
 */
@OneBackend
public interface RestartContract extends RunnerContract {

  /** Ends the supervisor with SIGKILL and waits until the host has taken note of it. */
  default void killSupervisor(SupervisorClient client) {
    CellRun running = client.session().start(Cell.of("import time; time.sleep(60)"));
    Processes.kill(client.runner().pid());
    assertThat(running.outcome().orTimeout(10, TimeUnit.SECONDS).join().kind())
        .isIn(OutcomeKind.UNKNOWN, OutcomeKind.NEVER_STARTED);
  }

  @Test
  @Rule({"H8", "C83", "W13"})
  default void the_next_cell_after_the_supervisors_death_finds_a_new_one_with_all_tools()
      throws InterruptedException {
    Tool twice =
        Tool.named("twice")
            .parameter("n", int.class, "a number")
            .handler((arguments, context) -> 2 * arguments.get("n", Integer.class));
    BlockingQueue<GenerationChange> told = new LinkedBlockingQueue<>();
    try (SupervisorClient client = open(DemoTools.adder())) {
      Session session = client.session();
      session.onGeneration(told::add);
      session.registerTools(twice);
      session.execute("keep = 1\nopen('kept.txt', 'w').write('still here')");
      RunnerInfo before = client.runner();
      killSupervisor(client);

      Outcome next =
          session.execute(
              "print('keep' in globals(), open('kept.txt').read(),"
                  + " (await add(1, 2))['total'], await twice(21))");

      assertThat(next.stdoutText()).isEqualTo("False still here 3 42\n");
      assertThat(next.generation()).isEqualTo(2);
      assertThat(session.generation()).isEqualTo(2);
      RunnerInfo after = client.runner();
      assertThat(after.pid()).isNotEqualTo(before.pid());
      assertThat(after.incarnation()).isNotEqualTo(before.incarnation());
      GenerationChange change = told.poll(10, TimeUnit.SECONDS);
      assertThat(change.generation()).isEqualTo(2);
      assertThat(change.reason()).isEqualTo("supervisor_died");
      assertThat(change.state().preserved()).isFalse();
      assertThat(change.state().source()).isEqualTo(StateSource.FRESH);
      assertThat(change.state().reason().orElseThrow())
          .startsWith("the runner died (")
          .contains("signal 9");
      assertThat(told).isEmpty();
    }
  }

  @Test
  @Needs(Capability.SESSIONS)
  @Rule("C82")
  default void a_death_between_two_cells_is_told_with_what_was_answered_last()
      throws InterruptedException {
    BlockingQueue<GenerationChange> told = new LinkedBlockingQueue<>();
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.onGeneration(told::add);
      Session other = client.openSession("other");
      CellRun running = other.start(Cell.of("import time; time.sleep(60)"));
      session.execute("1 / 0");
      Processes.kill(client.runner().pid());
      Outcome lost = running.outcome().orTimeout(10, TimeUnit.SECONDS).join();
      assertThat(lost.kind()).isEqualTo(OutcomeKind.UNKNOWN);
      assertThat(lost.cause().orElseThrow().text())
          .contains("signal 9")
          .contains("execute cell 1, request id ");
      assertThat(lost.state().source()).isEqualTo(StateSource.FRESH);
      assertThat(lost.state().reason().orElseThrow()).startsWith("the runner died (");

      assertThat(session.execute("print('goes on')").stdoutText()).isEqualTo("goes on\n");
      assertThat(told.poll(10, TimeUnit.SECONDS).state().reason().orElseThrow())
          .contains("signal 9")
          .contains("execute cell 1, request id ")
          .contains("raised");
    }
  }

  @Test
  @Rule({"C80", "SES-11"})
  @Needs(Capability.PROMPT_END)
  @Limit(seconds = 60, why = "a stopped supervisor has ten seconds before it is given up")
  default void a_supervisor_that_is_stopped_is_given_up_and_replaced() throws IOException {
    assumeTrue(
        Tier.current().isThorough(),
        Applicability.NOT_IN_TIER + "ten seconds of waiting; LinkTest turns the clock");
    try (SupervisorClient client = open(DemoTools.adder())) {
      Session session = client.session();
      CellRun running = session.start(Cell.of("import time; time.sleep(60)"));
      CellRun waiting = session.start(Cell.of("1"));
      long pid = client.runner().pid();
      new ProcessBuilder("kill", "-STOP", Long.toString(pid)).inheritIO().start();
      Outcome lost = running.outcome().orTimeout(40, TimeUnit.SECONDS).join();
      assertThat(lost.kind()).isIn(OutcomeKind.UNKNOWN, OutcomeKind.NEVER_STARTED);
      assertThat(lost.cause().orElseThrow().kind()).isEqualTo("transport_lost");
      assertThat(lost.cause().orElseThrow().text()).contains("no answer to a ping");
      assertThat(waiting.outcome().join().kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
      Outcome next = session.execute("print((await add(1, 2))['total'])");
      assertThat(next.stdoutText()).isEqualTo("3\n");
      assertThat(Processes.alive(pid)).isFalse();
    }
  }

  /**
   * On whatever backend: by pings, by a link on which nothing comes, or by the host's own clock.
   */
  @Test
  @Rule({"C80", "C81b"})
  @Limit(seconds = 120, why = "half a minute and more before a runner is given up")
  default void a_cell_of_which_nothing_is_heard_any_more_is_unknown_and_the_next_use_goes_on()
      throws IOException {
    assumeTrue(
        Tier.current().isThorough(),
        Applicability.NOT_IN_TIER + "half a minute of waiting; WatchdogTest turns the clock");
    try (SupervisorClient client = open(DemoTools.adder())) {
      Session session = client.session();
      long pid = client.runner().pid();
      CellRun running =
          session.start(
              Cell.of("import time; time.sleep(90)")
                  .timeout(Duration.ofSeconds(1))
                  .grace(Duration.ofMillis(500)));
      Processes.signal(pid, "STOP");
      Outcome lost = running.outcome().orTimeout(90, TimeUnit.SECONDS).join();
      assertThat(lost.kind()).isIn(OutcomeKind.UNKNOWN, OutcomeKind.NEVER_STARTED);
      Outcome next = session.execute("print((await add(1, 2))['total'])");
      assertThat(next.stdoutText()).isEqualTo("3\n");
      assertThat(next.generation()).isEqualTo(2);
      assertThat(Processes.alive(pid)).isFalse();
    }
  }

  @Test
  @Rule("C83")
  default void all_who_come_at_once_wait_for_the_same_new_runner() throws Exception {
    try (SupervisorClient client = open()) {
      killSupervisor(client);
      List<CompletableFuture<Outcome>> all = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        int number = i;
        all.add(
            CompletableFuture.supplyAsync(
                () -> client.session().execute("print(" + number + ")"),
                task -> new Thread(task).start()));
      }
      for (int i = 0; i < all.size(); i++) {
        Outcome outcome = all.get(i).get(15, TimeUnit.SECONDS);
        assertThat(outcome.stdoutText()).isEqualTo(i + "\n");
        assertThat(outcome.generation()).isEqualTo(2);
      }
    }
  }

  @Test
  @Rule("H8")
  @Needs({Capability.SESSIONS, Capability.EVIDENCE})
  @Limit(
      seconds = 60,
      why = "a runner for each verb, each some seconds in a container on a busy machine")
  default void every_session_is_opened_again_and_each_verb_starts_a_runner() {
    try (SupervisorClient client = open(DemoTools.adder())) {
      Session main = client.session();
      Session other = client.openSession("other");
      Session closed = client.openSession("closed");
      killSupervisor(client);
      closed.close();

      other.set("x", 5);
      assertThat(other.get("x").as(Integer.class)).isEqualTo(5);
      assertThat(other.generation()).isEqualTo(2);
      assertThat(main.execute("print((await add(1, 2))['total'])").stdoutText()).isEqualTo("3\n");
      assertThat(client.request("status", "{}"))
          .contains("\"main\"")
          .contains("\"other\"")
          .doesNotContain("\"closed\"");

      killSupervisor(client);
      assertThat(client.openSession("third").execute("print(3)").stdoutText()).isEqualTo("3\n");
      killSupervisor(client);
      assertThat(client.request("status", "{}")).contains("\"third\"");
      killSupervisor(client);
      main.registerTools(Tool.named("late").handler((arguments, context) -> "here"));
      assertThat(main.execute("print(await late())").stdoutText()).isEqualTo("here\n");
      assertThat(main.generation()).isEqualTo(5);
    }
  }

  @Test
  @Rule("SES-11")
  default void what_was_queued_is_never_started_and_not_run_by_the_new_runner() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      List<CellRun> queued = new ArrayList<>();
      CellRun running = session.start(Cell.of("import time; time.sleep(60)"));
      for (int i = 0; i < 8; i++) {
        queued.add(session.start(Cell.of("open('ran.txt', 'a').write('x')")));
      }
      Processes.kill(client.runner().pid());
      for (CellRun run : queued) {
        Outcome outcome = run.outcome().orTimeout(10, TimeUnit.SECONDS).join();
        assertThat(outcome.kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
        assertThat(outcome.cause().orElseThrow().kind()).isEqualTo("runner_gone");
      }
      assertThat(running.outcome().join().kind())
          .isIn(OutcomeKind.UNKNOWN, OutcomeKind.NEVER_STARTED);
      assertThat(session.execute("import os; print(os.path.exists('ran.txt'))").stdoutText())
          .isEqualTo("False\n");
    }
  }

  @Test
  @Rule("SES-11")
  default void without_restart_everything_fails_and_exited_tells_why() {
    try (SupervisorClient client = OpenClients.open(client().restart(false))) {
      killSupervisor(client);
      Outcome outcome = client.session().execute("1");
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
      assertThatThrownBy(() -> client.request("status", "{}")).isInstanceOf(RunnerGone.class);
      assertThat(client.exited().join().signal()).hasValue(9);
    }
  }
}
