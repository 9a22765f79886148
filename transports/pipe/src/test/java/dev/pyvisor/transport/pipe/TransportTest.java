package dev.pyvisor.transport.pipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.ProtocolViolated;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.error.RunnerGone;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.transport.process.Census;
import dev.pyvisor.transport.process.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** H1 to H5, H7 and H8, each provoked by a stub in the place of the runner. */
@Timeout(20)
@ExtendWith(Census.class)
@ParameterizedClass
@EnumSource(Modes.class)
class TransportTest {
  private static final Duration SHORT = Duration.ofSeconds(1);

  @Parameter Modes mode;
  @TempDir Path directory;
  private Modes.Load load;

  @BeforeEach
  void begin() throws IOException {
    load = mode.load();
  }

  @AfterEach
  void end() {
    load.close();
  }

  private SupervisorClient open(SupervisorClient.Builder builder) {
    SupervisorClient client = builder.open();
    Census.OWN.add(client.runner().runnerId());
    return client;
  }

  private SupervisorClient open(String program) {
    return open(stub(program));
  }

  private SupervisorClient.Builder stub(String program) {
    return Stub.client(directory, mode.prelude + program);
  }

  // ---- H1 ----

  private static final String ALL_CALLS_BEFORE_ANY_READING =
      """
      rest = start()
      kind, registered, _, _ = next(rest)
      write(reply(registered, {}))
      kind, execute, _, cell = next(rest)
      calls = %d
      for n in range(calls):
          write(message(RELAY, {"jsonrpc": "2.0", "id": n, "method": "tool.call", "params":
              {"name": "echo", "args": [chr(97 + n %% 26) * 950000], "kwargs": {}}}, 1, 1, cell))
      good = set()
      for kind, answer, _, _ in rest:
          if answer.get("result") == chr(97 + answer["id"] %% 26) * 950000:
              good.add(answer["id"])
          else:
              raise SystemExit("wrong answer: %%.200r" %% answer)
          if len(good) == calls:
              write(terminal(execute, cell, calls))
              break
      for nothing in rest: pass
      """;

  @ParameterizedTest
  @ValueSource(ints = {12, 64})
  @Rule({"H1", "TRN-5", "P1"})
  void a_runner_that_writes_everything_before_it_reads_does_not_wedge(int calls) {
    Tool echo = Tool.of("echo", (arguments, context) -> arguments.positional().get(0));
    try (SupervisorClient client =
        open(stub(ALL_CALLS_BEFORE_ANY_READING.formatted(calls)).tool(echo))) {
      Outcome outcome = client.session().execute("go");
      assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(outcome.toolCalls()).isEqualTo(calls);
    }
  }

  // ---- H2 ----

  @ParameterizedTest
  @ValueSource(
      strings = {
        "write(data)",
        "for b in data: write(bytes([b]))",
        "write(data[:-3]); write(data[-3:])"
      })
  @Rule({"H2", "FRM-3", "FRM-4"})
  void frames_arrive_however_the_writes_were_cut(String how) {
    String program =
        """
        rest = start()
        kind, execute, _, cell = next(rest)
        out = ("é€😀" * 3).encode()
        data = b"".join(frame(STDOUT, out[at:at+5], session=1, generation=1, cell=cell)
                        for at in range(0, len(out), 5)) + terminal(execute, cell, out=out)
        """
            + how
            + "\nfor nothing in rest: pass\n";
    try (SupervisorClient client = open(program)) {
      Outcome outcome = client.session().execute("go");
      assertThat(outcome.ok()).as(outcome.toString()).isTrue();
      assertThat(outcome.stdoutText()).isEqualTo("é€😀é€😀é€😀");
    }
  }

  @Test
  @Rule({"H2", "FRM-6"})
  void a_partial_frame_and_then_silence_fails_the_request_at_its_own_deadline() {
    String program =
        """
        rest = start()
        kind, asked, _, _ = next(rest)
        write(reply(asked, {})[:-1])
        for nothing in rest: pass
        """;
    try (SupervisorClient client = open(program)) {
      CompletableFuture<String> answer = client.requestAsync("status", "{}", SHORT);
      RunnerException failure = failure(answer);
      assertThat(failure).isInstanceOf(CallTimedOut.class);
      assertThat(failure.delivery()).isEqualTo(Delivery.UNKNOWN);
    }
  }

  // ---- H3 ----

  @Test
  @Rule({"H3", "I2", "TRN-2"})
  void callers_never_block_on_a_runner_that_does_not_read() {
    String program =
        """
        import signal
        start()
        signal.pause()
        """;
    long begun;
    try (SupervisorClient client = open(stub(program).callTimeout(SHORT))) {
      Session session = client.session();
      byte[] large = new byte[25 * 1024 * 1024];
      begun = System.nanoTime();
      List<CompletableFuture<RunnerException>> callers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        callers.add(
            CompletableFuture.supplyAsync(
                () -> catchThrowableOfType(RunnerException.class, () -> session.set("x", large)),
                work -> new Thread(work).start()));
      }
      List<RunnerException> failures = callers.stream().map(CompletableFuture::join).toList();
      assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(8));
      assertThat(failures).allMatch(CallTimedOut.class::isInstance);
      // All but the one whose first bytes fitted the pipe, whether they waited for room or for
      // their turn.
      assertThat(failures.stream().filter(failure -> failure.delivery() == Delivery.NEVER_SENT))
          .hasSizeGreaterThanOrEqualTo(7);
      begun = System.nanoTime();
    }
    assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(6));
  }

  // ---- H4, H5 ----

  @ParameterizedTest
  @ValueSource(
      strings = {
        "b'hello\\n'",
        "b'\\xff\\xfe\\xfd'",
        "b'{}'",
        "struct.pack('>I', 65533)",
        "struct.pack('>I', 1)",
        "frame(99)",
        "frame(STDOUT, b'x', session=1) * 0 + frame(RELAY, b'', flags=LAST, session=1, message=9)"
      })
  @Rule({"H4", "H5", "FRM-2", "FRM-5", "FRM-7", "FRM-13"})
  void garbage_ends_the_connection_loudly(String garbage) {
    String program =
        """
        rest = start()
        next(rest)
        write(%s)
        for nothing in rest: pass
        """
            .formatted(garbage);
    try (SupervisorClient client = open(program)) {
      assertThatThrownBy(() -> client.request("status", "{}"))
          .isInstanceOf(ProtocolViolated.class)
          .hasMessageContaining("FRM-");
      assertThat(client.session().execute("x").kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
      ExitReport report = client.exited().join();
      assertThat(report.reason()).contains("broke FRM-");
    }
  }

  @Test
  @Rule({"H5", "SES-4"})
  void an_unknown_id_is_dropped_and_counted() {
    String program =
        """
        rest = start()
        kind, asked, _, _ = next(rest)
        write(reply({"id": 987654}, {}) + reply(asked, {"fine": True}))
        for nothing in rest: pass
        """;
    try (SupervisorClient client = open(program)) {
      assertThat(client.request("status", "{}")).isEqualTo("{\"fine\":true}");
      assertThat(client.counters().lateReplies()).isEqualTo(1);
    }
  }

  // ---- H7 ----

  @Test
  @Rule({"H7", "P3", "W29"})
  void standard_error_is_drained_from_the_first_byte_and_its_end_is_kept() {
    String program =
        """
        def noise(mebibytes):
            for _ in range(mebibytes):
                os.write(2, b"noise\\n" * (1024 * 1024 // 6))
        noise(10)
        rest = start()
        kind, asked, _, _ = next(rest)
        noise(64)
        write(reply(asked, {}))
        next(rest)
        os.write(2, b"my last words")
        os._exit(9)
        """;
    try (SupervisorClient client = open(program)) {
      assertThat(client.request("status", "{}")).isEqualTo("{}");
      RunnerGone gone =
          catchThrowableOfType(RunnerGone.class, () -> client.request("status", "{}"));
      assertThat(gone.report().exitStatus()).hasValue(9);
      assertThat(gone.report().stderrTail()).endsWith("noise\nmy last words");
      assertThat(gone).hasMessageContaining("my last words");
    }
  }

  // ---- H8 ----

  @ParameterizedTest
  @ValueSource(
      strings = {
        "os.kill(os.getpid(), 9)",
        "import subprocess; subprocess.Popen(['sleep', '30']); os.kill(os.getpid(), 9)",
        "os.close(1); import signal; signal.pause()",
        "os._exit(0)"
      })
  @Rule({"H8", "SES-10", "SES-11", "TRN-7"})
  void everything_that_is_open_fails_at_once_when_the_runner_dies(String death) {
    String program =
        """
        rest = start()
        for n in range(64): next(rest)
        """
            + death;
    try (SupervisorClient client = open(program)) {
      List<CompletableFuture<String>> calls = new ArrayList<>();
      for (int i = 0; i < 63; i++) {
        calls.add(client.requestAsync("status", "{}", Duration.ofSeconds(15)));
      }
      CompletableFuture<Outcome> cell = client.session().start(dev.pyvisor.Cell.of("x")).outcome();
      ExitReport report = client.exited().orTimeout(10, TimeUnit.SECONDS).join();
      for (CompletableFuture<String> call : calls) {
        RunnerException failure = failure(call);
        assertThat(failure).isInstanceOf(RunnerGone.class);
        assertThat(((RunnerGone) failure).report()).isEqualTo(report);
      }
      assertThat(cell.join().kind()).isEqualTo(OutcomeKind.UNKNOWN);
      if (!death.contains("_exit")) {
        assertThat(report.signal()).hasValue(9);
      }
    }
  }

  @Test
  @Rule("H8")
  void threads_do_not_pile_up_over_many_deaths() {
    String program =
        """
        import subprocess
        rest = start()
        next(rest)
        subprocess.Popen(["sleep", "30"])
        os.kill(os.getpid(), 9)
        """;
    for (int i = 0; i < (mode == Modes.LOADED ? 5 : 20); i++) {
      try (SupervisorClient client = open(program)) {
        assertThatThrownBy(() -> client.request("status", "{}")).isInstanceOf(RunnerGone.class);
      }
    }
  }

  // ---- close ----

  @Test
  @Rule({"H33", "H34", "P16"})
  void closing_a_runner_that_ignores_everything_is_bounded_and_closing_again_does_nothing() {
    String program =
        """
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        start()
        while True: signal.pause()
        """;
    SupervisorClient client = open(program);
    CompletableFuture<String> pending = client.requestAsync("status", "{}", Duration.ofSeconds(15));
    long begun = System.nanoTime();
    CompletableFuture<?>[] closers = new CompletableFuture<?>[8];
    for (int i = 0; i < closers.length; i++) {
      closers[i] = CompletableFuture.runAsync(client::close, work -> new Thread(work).start());
    }
    assertThat(failure(pending)).isInstanceOf(RunnerGone.class);
    CompletableFuture.allOf(closers).join();
    client.close();
    assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(6));
  }

  @Test
  @Rule("P11")
  void what_a_killed_runner_left_behind_is_found_by_its_tag() throws Exception {
    Path pid = directory.resolve("pid");
    String program =
        """
        import subprocess
        child = subprocess.Popen(["setsid", "sleep", "30"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open("%s", "w") as file: file.write(str(child.pid))
        rest = start()
        next(rest)
        os.kill(os.getpid(), 9)
        """
            .formatted(pid);
    try (SupervisorClient client = open(program)) {
      ProcessHandle child = ProcessHandle.of(Long.parseLong(Files.readString(pid))).orElseThrow();
      assertThat(child.isAlive()).isTrue();
      assertThatThrownBy(() -> client.request("status", "{}")).isInstanceOf(RunnerGone.class);
      child.onExit().get(5, TimeUnit.SECONDS);
    }
  }

  private static RunnerException failure(CompletableFuture<?> call) {
    CompletionException failed = catchThrowableOfType(CompletionException.class, call::join);
    assertThat(failed.getCause()).isInstanceOf(RunnerException.class);
    return (RunnerException) failed.getCause();
  }
}
