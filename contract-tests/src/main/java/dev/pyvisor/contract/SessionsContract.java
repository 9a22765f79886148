package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Heavy;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.contract.load.Begun;
import dev.pyvisor.contract.load.Latencies;
import dev.pyvisor.error.CallCancelled;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.wire.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Several sessions on one runner, and what they are forked from. */
@Needs(Capability.SESSIONS)
public interface SessionsContract extends RunnerContract {
  int SESSIONS = 8;

  @Test
  @Rule({"C2", "C22", "LIF-2"})
  default void sessions_run_side_by_side_and_know_nothing_of_each_other()
      throws InterruptedException {
    CountDownLatch all = new CountDownLatch(SESSIONS);
    try (SupervisorClient client = open(Gates.waiting(all, all))) {
      List<Session> sessions = new ArrayList<>();
      for (int i = 0; i < SESSIONS; i++) {
        sessions.add(i == 0 ? client.session() : client.openSession("session " + i));
      }
      List<CellRun> runs = new ArrayList<>();
      for (int i = 0; i < SESSIONS; i++) {
        // Each waits until all of them run.
        runs.add(
            sessions
                .get(i)
                .start(
                    Cell.of(
                        "mine = %d\nawait wait()\nfor _ in range(500): print(mine)".formatted(i))));
      }
      for (int i = 0; i < SESSIONS; i++) {
        Outcome outcome = runs.get(i).await();
        assertThat(outcome.stdoutText()).isEqualTo((i + "\n").repeat(500));
      }
      for (int i = 0; i < SESSIONS; i++) {
        assertThat(sessions.get(i).get("mine").asJava()).isEqualTo((long) i);
      }
    }
  }

  @Test
  @Rule({"H19", "LIF-14"})
  default void what_becomes_of_one_session_touches_no_other() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    try (SupervisorClient client = open(Gates.waiting(begun, never))) {
      Session calm = client.session();
      Session dies = client.openSession("dies");
      Session hangs = client.openSession("hangs");
      calm.execute("counting = iter(range(9))");
      CellRun stuck =
          hangs.start(
              Cell.of(
                      "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass")
                  .timeout(Duration.ofMillis(1_000))
                  .grace(Duration.ofMillis(400)));
      CellRun waits = calm.start(Cell.of("next(counting); await wait()").noTimeout());
      assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(dies.execute("import os; os._exit(7)").kind()).isEqualTo(OutcomeKind.CRASHED);
      Outcome killed = stuck.await();
      assertThat(killed.kind()).isEqualTo(OutcomeKind.TIMED_OUT);
      hangs.close();
      dies.reset();
      assertThat(waits.outcome()).isNotDone();
      assertThat(calm.interrupt()).isTrue();
      assertThat(waits.await().kind()).isEqualTo(OutcomeKind.INTERRUPTED);
      Outcome next = calm.execute("print(next(counting))");
      assertThat(next.stdoutText()).isEqualTo("1\n");
      assertThat(next.generation()).isEqualTo(1);
      assertThat(dies.execute("print('fresh')").stdoutText()).isEqualTo("fresh\n");
    }
  }

  /** The wire's limit of one runner; the one beyond it is refused and harms none. */
  @Test
  @Rule("ERR-1")
  @Heavy(why = "sixty-four kernels")
  default void as_many_sessions_as_the_limit_says_and_not_one_more() {
    Counts counts = Counts.of(64, 64, 64);
    Latencies latencies = new Latencies();
    try (SupervisorClient client = open()) {
      List<Session> sessions = new ArrayList<>(List.of(client.session()));
      while (sessions.size() < counts.now()) {
        long start = System.nanoTime();
        sessions.add(client.openSession("session " + sessions.size()));
        latencies.add(Duration.ofNanos(System.nanoTime() - start));
      }
      assertThatThrownBy(() -> client.openSession("one more"))
          .isInstanceOfSatisfying(
              CallFailed.class,
              refused -> assertThat(refused.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED))
          .hasMessageContaining("64 sessions");
      for (Session session : sessions) {
        assertThat(session.execute("print(1)").stdoutText()).isEqualTo("1\n");
      }
      sessions.get(63).close();
      assertThat(client.openSession("one more").execute("print(1)").stdoutText()).isEqualTo("1\n");
    }
    Evidence.record(
        "opening another session, from the call to its return",
        List.of("ERR-1"),
        latencies.summary(),
        counts);
  }

  @Test
  @Rule("P11")
  default void closing_a_session_leaves_nothing_of_it_and_frees_its_name() {
    try (SupervisorClient client = open()) {
      client.session().execute("keep = 1");
      for (int i = 0; i < 3; i++) {
        Session other = client.openSession("other");
        assertThatThrownBy(() -> client.openSession("other"))
            .isInstanceOf(CallFailed.class)
            .hasMessageContaining("'other'");
        String[] its =
            other
                .execute(
                    "import os, subprocess\n"
                        + "print(os.getpid(), subprocess.Popen(['sleep', '60']).pid, os.getcwd())")
                .stdoutText()
                .strip()
                .split(" ");
        long kernel = here(client, Long.parseLong(its[0]));
        long child = here(client, Long.parseLong(its[1]));
        assertThat(Processes.alive(kernel) && Processes.alive(child)).isTrue();
        other.close();
        assertThat(Processes.alive(kernel)).as("its kernel").isFalse();
        assertThat(Processes.alive(child)).as("its child").isFalse();
        assertThat(Path.of(its[2])).doesNotExist();
      }
      assertThat(client.session().execute("print(keep)").stdoutText()).isEqualTo("1\n");
    }
  }

  @Test
  @Rule("H34")
  default void closing_a_session_again_or_by_many_at_once_is_closing_it_once() throws Exception {
    try (SupervisorClient client = open()) {
      Session session = client.openSession("closed by many");
      Begun begun = new Begun();
      CellRun running =
          session.start(
              Cell.of("print('begun', flush=True)\nimport time\nwhile True: time.sleep(9)")
                  .listener(begun));
      begun.await(); // one that is on its way yet may never have started
      List<CompletableFuture<Void>> closers = new ArrayList<>();
      for (int i = 0; i < SESSIONS; i++) {
        closers.add(CompletableFuture.runAsync(session::close));
      }
      for (CompletableFuture<Void> closer : closers) {
        assertThat(closer).succeedsWithin(Duration.ofSeconds(5));
      }
      session.close();
      assertThat(running.await().kind()).isEqualTo(OutcomeKind.UNKNOWN);
    }
  }

  @Test
  @Rule("H34")
  default void a_session_that_an_interrupted_thread_closes_is_closed_all_the_same() {
    try (SupervisorClient client = open()) {
      Session session = client.openSession("left in a hurry");
      Thread.currentThread().interrupt();
      try {
        session.close();
      } catch (CallCancelled interrupted) {
        // As a rule; an answer that is there before the thread begins to wait is taken, though.
      }
      assertThat(Thread.interrupted()).isTrue();
      session.close();
      assertThat(client.openSession("left in a hurry").execute("1").ok()).isTrue();
    }
  }

  /** Its kernel reads nothing, so the answer waits for credit that never comes. */
  @Test
  @Rule({"LIF-8", "TRN-2", "H34"})
  default void a_session_that_is_closed_takes_along_what_was_still_to_be_said_to_it()
      throws InterruptedException {
    AtomicLong kernel = new AtomicLong();
    Tool large =
        Tool.of(
            "large",
            (arguments, context) -> {
              Processes.signal(kernel.get(), "STOP");
              return "x".repeat(3 * Limits.KERNEL_WINDOW);
            });
    try (SupervisorClient client = open(large)) {
      Session deaf = client.openSession("deaf");
      String pid = deaf.execute("import os\nprint(os.getpid())").stdoutText().strip();
      kernel.set(here(client, Long.parseLong(pid)));
      CellRun run = deaf.start(Cell.of("await large()"));
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> client.evidence().stream().anyMatch(SessionsContract::isOutOfCredit));
      deaf.close();
      assertThat(run.await().ok()).isFalse();
      assertThat(client.evidence()).noneMatch(fact -> fact.startsWith("outbox: session 2 "));
      assertThat(client.session().execute("print('well')").stdoutText()).isEqualTo("well\n");
    }
  }

  private static boolean isOutOfCredit(String fact) {
    return fact.startsWith("outbox: session 2 messages=1 ")
        && Long.parseLong(fact.replaceFirst(".* credit=", "")) < Limits.FRAME_BODY;
  }

  @Test
  @Rule("C9")
  default void modules_that_were_asked_for_are_there_before_the_first_cell() {
    String loaded = "import sys\nprint('sched' in sys.modules, 'sched' in globals())";
    try (SupervisorClient client = open()) {
      assertThat(client.session().execute(loaded).stdoutText()).isEqualTo("False False\n");
    }
    try (SupervisorClient client = OpenClients.open(client().preload("sched", "xml.dom.minidom"))) {
      for (Session session : List.of(client.session(), client.openSession("other"))) {
        assertThat(session.execute(loaded).stdoutText()).isEqualTo("True False\n");
        assertThat(
                session
                    .execute("print('xml.dom.minidom' in sys.modules)\nimport sched")
                    .stdoutText())
            .isEqualTo("True\n");
      }
      client.session().reset();
      assertThat(client.session().execute(loaded).stdoutText()).isEqualTo("True False\n");
    }
  }

  @Test
  @Rule("C9")
  default void a_module_that_cannot_be_imported_is_said_and_harms_nothing() {
    try (SupervisorClient client = OpenClients.open(client().preload("no_such_module", "sched"))) {
      assertThat(client.session().execute("import sys\nprint('sched' in sys.modules)").stdoutText())
          .isEqualTo("True\n");
      // Standard error comes by a way of its own, which may be later than the cell's.
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(String.join("\n", client.evidence()))
                      .contains("preload: cannot import 'no_such_module'", "ModuleNotFoundError"));
    }
  }
}
