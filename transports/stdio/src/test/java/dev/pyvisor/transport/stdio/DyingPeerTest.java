package dev.pyvisor.transport.stdio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateSource;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.transport.process.Census;
import dev.pyvisor.transport.process.Rule;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Peers that do not start, or die, each with what the client then says. */
@Timeout(30)
@ExtendWith(Census.class)
class DyingPeerTest {
  private static final Duration SHORT = Duration.ofMillis(500);

  @TempDir Path directory;

  private SupervisorClient open(String program) {
    return Peer.open(Peer.client(directory, program));
  }

  // ---- its start ----

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "os.write(2, b'why'); os._exit(2)                    | exit status 2; it said: why",
        "os.kill(os.getpid(), 9)                             | signal 9",
        "read_line(); os.write(2, b'no'); os._exit(3)        | exit status 3; it said: no",
        "write(b'{\"id\": 1'); os._exit(4)                   | exit status 4",
        "os.close(1); signal.pause()                         | its output ended while it lived",
      })
  @Rule({"H9", "P17"})
  void a_start_that_dies_fails_at_once_and_says_why(String program, String why) {
    long begun = System.nanoTime();
    LaunchFailed failure = failure(Peer.client(directory, program));
    assertThat(failure).hasMessageContaining(why);
    assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(5));
  }

  @Test
  @Rule({"H9", "C80"})
  void a_peer_that_is_silent_from_the_start_fails_at_the_start_time_out() {
    assertThat(failure(Peer.client(directory, "signal.pause()").startTimeout(SHORT)))
        .hasMessageContaining("session.open");
  }

  @Test
  @Rule("H9")
  void a_command_that_is_none_is_named() {
    SupervisorClient.Builder missing =
        SupervisorClient.builder()
            .backend("stdio")
            .backendOption("stdio.command", "/no/such/supervisor --quiet")
            .trusted();
    assertThat(failure(missing)).hasMessageContaining("/no/such/supervisor could not be started");
    missing.backendOption("stdio.command", "python3 'peer.py");
    assertThat(failure(missing)).hasMessageContaining("stdio.command 'python3 'peer.py'");
    missing.backendOption("stdio.comand", "x");
    assertThat(failure(missing)).hasMessageContaining("'stdio.comand'");
  }

  private static LaunchFailed failure(SupervisorClient.Builder builder) {
    LaunchFailed failure =
        catchThrowableOfType(LaunchFailed.class, () -> Peer.open(builder).close());
    assertThat(failure).as("the launch should have failed").isNotNull();
    Census.OWN.add(failure.runnerId());
    return failure;
  }

  // ---- its death ----

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "os.write(2, b'my last words'); os._exit(137)        | signal 9; it said: my last words",
        "os._exit(3)                                         | exit status 3",
        "os.close(1); signal.pause()                         | its output ended while it lived",
        "write(b'half a li'); os._exit(5)                    | exit status 5",
      })
  @Rule({"C83", "H8", "SES-11", "TRN-7"})
  void a_peer_that_dies_in_a_cell_leaves_it_unknown_and_the_next_use_finds_another(
      String death, String why) {
    String program =
        """
        begin()
        asked = cell()
        if asked["params"]["code"] == "die":
            %s
        answer(asked, {"output": "fresh runner\\n"})
        rest()
        """
            .formatted(death);
    try (SupervisorClient client = open(program)) {
      Session session = client.session();
      long pid = client.runner().pid();
      Outcome lost = session.execute("die");
      assertThat(lost.kind()).isEqualTo(OutcomeKind.UNKNOWN);
      assertThat(lost.cause().orElseThrow().text()).contains(why);
      assertThat(lost.state().source()).isEqualTo(StateSource.FRESH);
      Outcome next = session.execute("x");
      assertThat(next.stdoutText()).isEqualTo("fresh runner\n");
      assertThat(next.generation()).isEqualTo(2);
      assertThat(client.runner().pid()).isNotEqualTo(pid);
    }
  }

  @Test
  @Rule("C82")
  void a_death_between_two_cells_is_told_with_what_was_answered_last() throws Exception {
    String program =
        """
        begin()
        asked = cell()
        if asked["params"]["code"] == "first":
            answer(asked, {"timeout": {"seconds": 0.2}, "stdout": "out", "stderr": "", "state":
                {"preserved": True, "source": "live_kernel", "scope": "full_live"}})
            os.write(2, b"the end")
            os._exit(137)
        answer(asked, {"output": "fresh runner\\n"})
        rest()
        """;
    try (SupervisorClient client = open(program)) {
      Session session = client.session();
      CompletableFuture<String> told = new CompletableFuture<>();
      session.onGeneration(change -> told.complete(change.state().reason().orElseThrow()));
      Outcome first = session.execute("first");
      assertThat(first.kind()).isEqualTo(OutcomeKind.TIMED_OUT);
      assertThat(first.stdoutText()).isEqualTo("out");
      // Its death may be noticed with the next cell only; then that one is unknown.
      Outcome next = session.execute("second");
      if (next.kind() != OutcomeKind.COMPLETED) {
        assertThat(next.kind()).isIn(OutcomeKind.UNKNOWN, OutcomeKind.NEVER_STARTED);
        next = session.execute("third");
      }
      assertThat(next.stdoutText()).isEqualTo("fresh runner\n");
      assertThat(told.get(10, TimeUnit.SECONDS))
          .contains("signal 9")
          .contains("it said: the end")
          .contains("execute cell 1")
          .contains("timed_out");
    }
  }

  @Test
  @Rule("TRN-7")
  void an_answer_that_a_peer_gives_with_its_last_breath_counts() {
    String program =
        """
        begin()
        answer(cell(), {"output": "x" * 5_000_000})
        os._exit(0)
        """;
    try (SupervisorClient client = Peer.open(Peer.client(directory, program).restart(false))) {
      Outcome outcome = client.session().execute("x");
      assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(outcome.stdout().size()).isEqualTo(5_000_000);
    }
  }

  @Test
  @Rule("P11")
  void what_a_peer_leaves_behind_that_ends_in_good_order_is_found_by_its_tag() throws Exception {
    String program =
        """
        begin()
        asked = cell()
        child = subprocess.Popen(["setsid", "sleep", "60"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        answer(asked, {"output": str(child.pid)})
        rest()
        """;
    ProcessHandle child;
    try (SupervisorClient client = open(program)) {
      String pid = client.session().execute("x").stdoutText();
      child = ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
      assertThat(child.isAlive()).isTrue();
    }
    child.onExit().get(5, TimeUnit.SECONDS);
  }

  @Test
  void tools_are_registered_again_with_the_next_peer() {
    String program =
        """
        begin()
        tools = request()
        answer(tools, {})
        asked = cell()
        if asked["params"]["code"] == "die":
            os._exit(1)
        answer(asked, {"output": ",".join(tools["params"]["tools"])})
        rest()
        """;
    Tool tool = Tool.of("echo", (arguments, context) -> 1);
    try (SupervisorClient client = Peer.open(Peer.client(directory, program).tool(tool))) {
      client.session().execute("die");
      assertThat(client.session().execute("x").stdoutText()).isEqualTo("echo");
    }
  }

  @Test
  @Rule("C83")
  void a_peer_that_closes_its_input_is_given_up() {
    String program =
        """
        begin()
        os.close(0)
        signal.pause()
        """;
    try (SupervisorClient client = Peer.open(Peer.client(directory, program).restart(false))) {
      Outcome outcome = client.session().execute("x = '" + "y".repeat(200_000) + "'");
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.UNKNOWN);
      assertThat(outcome.cause().orElseThrow().text()).contains("its input broke");
    }
  }

  @Test
  @Rule("C86")
  void a_stray_child_that_holds_the_streams_holds_nothing_up() {
    String program =
        """
        begin()
        cell()
        subprocess.Popen(["setsid", "sleep", "60"], env={})
        os.write(2, b"my last words")
        os._exit(9)
        """;
    try (SupervisorClient client = Peer.open(Peer.client(directory, program).restart(false))) {
      long begun = System.nanoTime();
      Outcome outcome = client.session().execute("x");
      assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(5));
      assertThat(outcome.cause().orElseThrow().text())
          .contains("exit status 9")
          .contains("my last words");
    } finally {
      ProcessHandle.allProcesses()
          .filter(process -> process.info().commandLine().orElse("").endsWith("sleep 60"))
          .filter(process -> process.parent().map(ProcessHandle::pid).orElse(0L) == 1L)
          .forEach(ProcessHandle::destroyForcibly);
    }
  }
}
