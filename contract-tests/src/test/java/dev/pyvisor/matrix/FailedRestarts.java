package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.backend.BackendUnderTest;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.contract.load.Wrappers;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Runners that do not come back after a death: at once, slowly, or while the client is closed. */
@ExtendWith({Census.class, HangReport.class})
abstract class FailedRestarts {
  /** CLOSE_LIMIT says three seconds; a loaded machine gets as much again. */
  private static final Duration CLOSED_IN_TIME = Duration.ofSeconds(6);

  @TempDir Path folder;

  private final BackendUnderTest backend;

  FailedRestarts(BackendUnderTest backend) {
    this.backend = backend;
  }

  @Test
  @Rule({"C83", "C88"})
  void a_start_that_fails_is_told_and_the_next_use_tries_again() throws IOException {
    Path starts = folder.resolve("starts");
    // A failed start also asks for the interpreter's version; that is no start.
    String count = "case \"$*\" in *supervisor|*--listen*) echo >> " + starts + ";; esac\n";
    python(count + "exec " + Interpreters.standard() + " \"$@\"");
    try (SupervisorClient client = open(Duration.ofSeconds(10))) {
      Session session = client.session();
      python(count + "echo out of order >&2\nexit 7");
      kill(client);

      Outcome never = session.execute("print(1)");
      assertThat(never.kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
      assertThat(never.cause().orElseThrow().kind()).isEqualTo("launch_failed");
      assertThat(never.cause().orElseThrow().text()).contains("exit status 7", "out of order");
      assertThatThrownBy(() -> session.get("x"))
          .isInstanceOf(LaunchFailed.class)
          .hasMessageContaining("out of order");
      assertThatThrownBy(() -> client.request("status", "{}")).isInstanceOf(LaunchFailed.class);
      assertThatThrownBy(() -> client.openSession("b")).isInstanceOf(LaunchFailed.class);
      assertThat(lines(starts)).as("starts: the first, and one for each use").isEqualTo(5);

      python("exec " + Interpreters.standard() + " \"$@\"");
      assertThat(session.execute("print(2)").stdoutText()).isEqualTo("2\n");
    }
  }

  @Test
  @Rule("C83")
  void who_waits_for_a_start_gives_up_at_its_own_deadline() throws IOException {
    python("exec " + Interpreters.standard() + " \"$@\"");
    try (SupervisorClient client = open(Duration.ofSeconds(10))) {
      python("exec sleep 60");
      kill(client);
      assertThatThrownBy(() -> client.requestAsync("status", "{}", Duration.ofMillis(50)).join())
          .isInstanceOf(CompletionException.class)
          .cause()
          .isInstanceOfSatisfying(
              CallTimedOut.class,
              late -> assertThat(late.delivery()).isEqualTo(Delivery.NEVER_SENT));
    }
  }

  @Test
  @Rule({"C80", "C88"})
  void a_runner_that_says_nothing_is_given_up_at_the_start_time_out() throws IOException {
    python("exec " + Interpreters.standard() + " \"$@\"");
    try (SupervisorClient client = open(Duration.ofSeconds(3))) {
      python("exec sleep 60");
      kill(client);
      Outcome never = client.session().execute("print(1)");
      assertThat(never.kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
      assertThat(never.cause().orElseThrow().text()).contains("did not say HELLO within 3000 ms");
    }
  }

  @Test
  @Rule({"H33", "I7"})
  void closing_while_a_runner_is_being_started_is_bounded_and_leaves_nothing() throws Exception {
    Path pid = folder.resolve("pid");
    python("exec " + Interpreters.standard() + " \"$@\"");
    SupervisorClient client = open(Duration.ofSeconds(15));
    try {
      python("echo $$ > " + pid + "\nexec sleep 60");
      kill(client);
      CompletableFuture<Outcome> waiting =
          CompletableFuture.supplyAsync(
              () -> client.session().execute("print(1)"), task -> new Thread(task).start());
      Awaitility.await().until(() -> Files.exists(pid) && Files.size(pid) > 0);
      assertThat(waiting).isNotDone();

      long start = System.nanoTime();
      client.close();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(CLOSED_IN_TIME);
      Outcome never = waiting.get(5, TimeUnit.SECONDS);
      assertThat(never.kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
      assertThat(never.cause().orElseThrow().kind()).isEqualTo("closed");
      assertThat(Processes.alive(Long.parseLong(Files.readString(pid).strip()))).isFalse();
      assertThat(client.exited()).succeedsWithin(Duration.ofSeconds(5));
    } finally {
      client.close();
    }
  }

  @Test
  @Rule({"C86", "H8", "W30"})
  void a_stranger_that_holds_the_dead_runners_streams_does_not_hold_up_the_next() throws Exception {
    Path pid = folder.resolve("stranger");
    Path held = Wrappers.heldStreams(folder, Interpreters.standard(), pid);
    python("exec " + held + " \"$@\"");
    try (SupervisorClient client = open(Duration.ofSeconds(10))) {
      long stranger = Long.parseLong(Files.readString(pid));
      python("exec " + Interpreters.standard() + " \"$@\"");
      kill(client);
      assertThat(client.session().execute("print(1)").stdoutText()).isEqualTo("1\n");
      Processes.kill(stranger);
    }
  }

  private void python(String lines) {
    Wrappers.shell(folder, "python3", lines);
  }

  private SupervisorClient open(Duration startTimeout) {
    return OpenClients.open(backend.client(folder.resolve("python3")).startTimeout(startTimeout));
  }

  private static void kill(SupervisorClient client) {
    CellRun running = client.session().start(Cell.of("import time; time.sleep(60)"));
    Processes.kill(client.runner().pid());
    running.outcome().orTimeout(10, TimeUnit.SECONDS).join();
  }

  private static long lines(Path file) throws IOException {
    return Files.readAllLines(file).size();
  }
}
