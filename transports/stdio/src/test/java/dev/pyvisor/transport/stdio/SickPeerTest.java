package dev.pyvisor.transport.stdio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.transport.process.Census;
import dev.pyvisor.transport.process.Rule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Peers that fall silent, babble or do not read, each with what the client then says. */
@Timeout(30)
@ExtendWith(Census.class)
class SickPeerTest {
  private static final Duration SHORT = Duration.ofMillis(500);

  @TempDir Path directory;

  private SupervisorClient open(String program) {
    return Peer.open(Peer.client(directory, program));
  }

  // ---- its silence ----

  @Test
  @Rule({"C113", "FRM-6"})
  void half_a_line_and_silence_do_not_defeat_a_deadline_and_the_rest_completes_it() {
    Path gate = directory.resolve("gate");
    String program =
        """
        begin()
        asked = cell()
        line = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": {"output": ""}}).encode() + b"\\n"
        write(line[:20])
        while not os.path.exists(%r): time.sleep(0.01)
        write(line[20:])
        asked = cell()
        answer(asked, {"output": "next"})
        rest()
        """
            .replace("%r", "'" + gate + "'");
    try (SupervisorClient client = Peer.open(Peer.client(directory, program).callTimeout(SHORT))) {
      Session session = client.session();
      CallTimedOut failure = catchThrowableOfType(CallTimedOut.class, () -> session.set("x", 1));
      assertThat(failure.delivery()).isEqualTo(Delivery.UNKNOWN);
      touch(gate);
      assertThat(session.execute("x").stdoutText()).isEqualTo("next");
    }
  }

  private static void touch(Path file) {
    try {
      Files.createFile(file);
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  @Rule({"C69", "C113"})
  void an_answer_that_comes_late_but_within_the_grace_counts() {
    String program =
        """
        begin()
        asked = cell()
        time.sleep(1.1)
        answer(asked, {"timeout": {"seconds": 0.05}, "stdout": "late", "stderr": "", "state":
            {"preserved": True, "source": "live_kernel", "scope": "full_live"}})
        rest()
        """;
    try (SupervisorClient client = open(program)) {
      Outcome outcome = client.session().execute(Cell.of("x").timeout(Duration.ofMillis(50)));
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.TIMED_OUT);
      assertThat(outcome.stdoutText()).isEqualTo("late");
      assertThat(outcome.elapsed()).isGreaterThan(Duration.ofSeconds(1));
    }
  }

  @Test
  @Rule({"C80", "C81b"})
  @Timeout(90)
  void a_peer_that_never_answers_a_cell_is_killed_and_replaced() {
    org.junit.jupiter.api.Assumptions.assumeTrue(
        List.of("proof", "full").contains(System.getProperty("pyvisor.tier", "verify")),
        "half a minute of waiting; WatchdogTest turns the clock");
    String program =
        """
        begin()
        asked = cell()
        if asked["params"]["code"] == "silence":
            signal.pause()
        answer(asked, {"output": "fresh runner\\n"})
        rest()
        """;
    try (SupervisorClient client = open(program)) {
      Outcome lost = client.session().execute(Cell.of("silence").timeout(Duration.ofMillis(200)));
      assertThat(lost.kind()).isEqualTo(OutcomeKind.UNKNOWN);
      assertThat(lost.cause().orElseThrow().kind()).isEqualTo("watchdog");
      assertThat(client.session().execute("x").stdoutText()).isEqualTo("fresh runner\n");
    }
  }

  // ---- its reading ----

  @Test
  @Rule({"C114", "TRN-5"})
  void not_a_byte_is_lost_on_a_peer_that_reads_slowly_and_pings_are_answered_meanwhile() {
    String program =
        """
        begin()
        asked = b""
        while not asked.endswith(b"\\n"):
            asked += os.read(0, 4096)
            time.sleep(0.0005)
        asked = json.loads(asked)
        answer(asked, {"output": str(asked["params"]["code"] == "é" * 100_000)})
        rest()
        """;
    try (SupervisorClient client = open(program)) {
      Outcome outcome = client.session().execute("é".repeat(100_000));
      assertThat(outcome.stdoutText()).isEqualTo("True");
    }
  }

  @Test
  @Rule({"H3", "I2", "TRN-2"})
  void callers_never_block_on_a_peer_that_does_not_read_and_closing_is_bounded() {
    String program =
        """
        begin()
        signal.pause()
        """;
    long begun;
    try (SupervisorClient client =
        Peer.open(Peer.client(directory, program).callTimeout(SHORT).restart(false))) {
      String large = "x".repeat(20 * 1024 * 1024);
      begun = System.nanoTime();
      List<CompletableFuture<RunnerException>> callers =
          java.util.stream.IntStream.range(0, 6)
              .mapToObj(
                  each ->
                      CompletableFuture.supplyAsync(
                          () ->
                              catchThrowableOfType(
                                  RunnerException.class, () -> client.session().set("x", large)),
                          work -> new Thread(work).start()))
              .toList();
      assertThat(callers).allMatch(caller -> caller.join() instanceof CallTimedOut);
      assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(8));
      assertThat(client.requestAsync("status", "{}", Duration.ofSeconds(10)).join())
          .contains("busy");
      begun = System.nanoTime();
    }
    assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(6));
  }

  @Test
  void a_host_whose_input_is_decoded_in_pieces_gets_no_broken_character() {
    // As the old kernel did it: each read on its own, with replacement.
    String program =
        """
        begin()
        text = ""
        while not text.endswith("\\n"):
            text += os.read(0, 65536).decode("utf-8", "replace")
        asked = json.loads(text)
        answer(asked, {"output": str("\\ufffd" in asked["params"]["code"])})
        rest()
        """;
    try (SupervisorClient client = open(program)) {
      assertThat(client.session().execute("aé€😀".repeat(200_000)).stdoutText()).isEqualTo("False");
    }
  }

  // ---- its writing ----

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  @Rule("C21")
  void two_megabytes_of_raw_utf8_survive_every_edge_of_a_read(int shift) {
    String program =
        """
        begin()
        asked = cell()
        write(b"x" * %d + b"\\n")
        answer(asked, {"output": "\\u20ac\\u00e9\\U0001F600" * 222_000}, ensure_ascii=False)
        rest()
        """
            .formatted(shift);
    try (SupervisorClient client = open(program)) {
      Outcome outcome = client.session().execute("x");
      assertThat(outcome.stdoutText().equals("€é😀".repeat(222_000))).isTrue();
    }
  }

  @Test
  void a_line_without_an_end_is_a_broken_rule_and_the_peer_is_killed() {
    String program =
        """
        begin()
        cell()
        for _ in range(70): write(b"x" * 1024 * 1024)
        signal.pause()
        """;
    try (SupervisorClient client = Peer.open(Peer.client(directory, program).restart(false))) {
      Outcome outcome = client.session().execute("x");
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.UNKNOWN);
      assertThat(outcome.cause().orElseThrow().kind()).isEqualTo("protocol_violated");
      assertThat(outcome.cause().orElseThrow().text()).contains("STDIO-1").contains("67108864");
      assertThat(client.exited().join().reason()).contains("broke STDIO-1");
    }
  }

  @Test
  @Rule({"C105", "C107", "C108", "C110"})
  void stale_answers_noise_and_tool_calls_in_between_disturb_nothing() {
    String program =
        """
        begin()
        answer(request(), {})
        asked = cell()
        write(b"Traceback (most recent call last):\\n\\n")
        for number in range(50):
            say({"jsonrpc": "2.0", "id": 9000 + number, "result": {"output": "stale"}})
            call(100 + number, "echo", number)
        sum = 0
        for number in range(50):
            sum += json.loads(json.loads(read_line())["result"]["value"])
        answer(asked, {"output": str(sum)})
        asked = cell()
        for number in range(51):
            say({"jsonrpc": "2.0", "id": 9000 + number, "result": {"output": "stale"}})
        asked = cell()
        answer(asked, {"output": "in step again"})
        rest()
        """;
    AtomicInteger calls = new AtomicInteger();
    Tool echo =
        Tool.of(
            "echo",
            (arguments, context) -> {
              calls.incrementAndGet();
              return arguments.positional().get(0);
            });
    try (SupervisorClient client = Peer.open(Peer.client(directory, program).tool(echo))) {
      Session session = client.session();
      Outcome outcome = session.execute("x");
      assertThat(outcome.stdoutText()).isEqualTo(Integer.toString(49 * 50 / 2));
      assertThat(outcome.toolCalls()).isEqualTo(50);
      Outcome lost = session.execute("y");
      assertThat(lost.kind()).isEqualTo(OutcomeKind.UNKNOWN);
      assertThat(lost.cause().orElseThrow().text()).containsPattern("stale .*resyncing");
      assertThat(session.execute("z").stdoutText()).isEqualTo("in step again");
      assertThat(calls).hasValue(50);
      assertThat(client.evidence())
          .anyMatch(fact -> fact.contains("101 stale answers"))
          .anyMatch(fact -> fact.contains("Traceback"));
    }
  }

  @Test
  @Rule("C11")
  void cells_that_are_started_at_once_reach_the_peer_one_after_another() {
    String program =
        """
        begin()
        for _ in range(4):
            asked = cell()
            time.sleep(0.1)
            if select.select([0], [], [], 0)[0]:
                fail(asked, "RuntimeError", "a second request while one is open")
            else:
                answer(asked, {"output": asked["params"]["code"]})
        rest()
        """;
    try (SupervisorClient client = open(program)) {
      Session session = client.session();
      List<CompletableFuture<Outcome>> cells =
          java.util.stream.Stream.of("a", "b", "c", "d")
              .map(code -> session.start(Cell.of(code)).outcome())
              .toList();
      assertThat(cells.stream().map(cell -> cell.join().stdoutText()))
          .containsExactly("a", "b", "c", "d");
    }
  }

  @Test
  @Rule({"C66", "C110"})
  void a_tool_that_outlives_its_cell_answers_nobody() throws Exception {
    String program =
        """
        begin()
        answer(request(), {})
        asked = cell()
        call(1, "slow")
        while not os.path.exists("called"): time.sleep(0.01)
        answer(asked, {"output": "first"})
        asked = cell()
        while not os.path.exists("answered"): time.sleep(0.01)
        time.sleep(0.1)
        readable = select.select([0], [], [], 0)[0]
        answer(asked, {"output": "disturbed" if readable else "second"})
        rest()
        """;
    Path workspace = Files.createDirectory(directory.resolve("work"));
    CountDownLatch next = new CountDownLatch(1);
    Tool slow =
        Tool.of(
            "slow",
            (arguments, context) -> {
              touch(workspace.resolve("called"));
              while (next.getCount() > 0) {
                try {
                  next.await();
                } catch (InterruptedException itsCellHasEnded) {
                  continue;
                }
              }
              touch(workspace.resolve("answered"));
              return "an answer that comes late";
            });
    try (SupervisorClient client =
        Peer.open(Peer.client(directory, program).workspace(workspace).tool(slow))) {
      assertThat(client.session().execute("x").stdoutText()).isEqualTo("first");
      CompletableFuture<Outcome> second = client.session().start(Cell.of("y")).outcome();
      next.countDown();
      assertThat(second.join().stdoutText()).isEqualTo("second");
    }
  }
}
