package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Cell;
import dev.pyvisor.Defaults;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Heavy;
import dev.pyvisor.contract.backend.HostSide;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.MachineShare;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Reapers;
import dev.pyvisor.contract.load.Heap;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.error.RunnerGone;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Runners that do not read, that flood, that die or will not die: each time a stub. */
@Needs(Capability.PAYLOAD)
@HostSide
public interface PeerDeathContract extends RunnerContract {
  Duration SHORT = Duration.ofSeconds(1);

  /** A second's deadline, and eight threads that make 200 MB: H3 asks for 1.3 s. */
  Duration IN_TIME = Duration.ofSeconds(3);

  /** Closing a runner that does not heed it: three seconds at most, and as many for a slow kill. */
  Duration CLOSED = Duration.ofSeconds(6);

  /** H7: a start takes no longer for ten megabytes of noise before it. */
  Duration STARTED = Duration.ofSeconds(5);

  /** What eight callers want to send at once, 200 MB in all. */
  int LARGE = 25 * 1024 * 1024;

  private SupervisorClient.Builder stub(Path folder, String program) {
    return Stub.instead(client(), folder, program);
  }

  private SupervisorClient openStub(Path folder, String program) {
    return OpenClients.open(stub(folder, program));
  }

  String READS_NOTHING =
      """
      import signal
      start()
      signal.pause()
      """;

  @Test
  @Heavy(why = "it waits for the deadlines of eight callers, which the host keeps")
  @Rule({"H3", "I2", "TRN-2"})
  default void callers_never_block_on_a_runner_that_does_not_read(@TempDir Path folder) {
    byte[] large = new byte[LARGE];
    MachineShare share = MachineShare.since();
    long begun;
    try (SupervisorClient client =
        OpenClients.open(stub(folder, READS_NOTHING).callTimeout(SHORT))) {
      Session session = client.session();
      begun = System.nanoTime();
      List<RunnerException> failures =
          fromEightThreads(
                  () -> catchThrowableOfType(RunnerException.class, () -> session.set("x", large)))
              .stream()
              .map(CompletableFuture::join)
              .toList();
      assertBelow(IN_TIME, begun, share);
      assertThat(failures).allMatch(CallTimedOut.class::isInstance);
      // All but the one whose first bytes fitted the pipe, whether they waited for room or for
      // their turn.
      assertThat(failures.stream().filter(failure -> failure.delivery() == Delivery.NEVER_SENT))
          .hasSizeGreaterThanOrEqualTo(7);
      begun = System.nanoTime();
    }
    assertBelow(CLOSED, begun, share);
  }

  /**
   * Six find no room and fail; two cells are in the queue, whose own time has not begun, and wait
   * for the runner, until it is closed here.
   */
  @Test
  @Heavy(why = "it waits for the deadlines of eight callers, which the host keeps")
  @Rule({"H3", "I2", "TRN-2"})
  default void cells_for_a_runner_that_does_not_read_take_no_more_memory_than_the_queue_may(
      @TempDir Path folder) {
    String large = "x".repeat(LARGE);
    int fitting = Defaults.OUTBOUND_BYTES / LARGE;
    MachineShare share = MachineShare.since();
    List<CompletableFuture<Outcome>> cells;
    long begun;
    try (SupervisorClient client =
        OpenClients.open(stub(folder, READS_NOTHING).callTimeout(SHORT))) {
      Session session = client.session();
      long before = Heap.alive();
      begun = System.nanoTime();
      cells = fromEightThreads(() -> session.execute(Cell.of(large)));
      Awaitility.await()
          .atMost(10, TimeUnit.SECONDS)
          .until(() -> cells.stream().filter(CompletableFuture::isDone).count() == 8 - fitting);
      assertBelow(IN_TIME, begun, share);
      assertThat(Heap.alive() - before).isLessThan(Defaults.OUTBOUND_BYTES + Heap.OF_OTHERS);
      begun = System.nanoTime();
    }
    assertBelow(CLOSED, begun, share);
    List<Outcome> outcomes = cells.stream().map(CompletableFuture::join).toList();
    assertThat(outcomes)
        .filteredOn(outcome -> outcome.toString().contains("the outbound queue is full"))
        .hasSize(8 - fitting)
        .allMatch(outcome -> outcome.kind() == OutcomeKind.NEVER_STARTED);
  }

  private static <T> List<CompletableFuture<T>> fromEightThreads(Supplier<T> work) {
    return Stream.generate(
            () -> CompletableFuture.supplyAsync(work, started -> new Thread(started).start()))
        .limit(8)
        .toList();
  }

  private static void assertBelow(Duration limit, long begun, MachineShare share) {
    share.assertBelow(limit, Duration.ofNanos(System.nanoTime() - begun));
  }

  @Test
  @Rule({"H7", "P3", "W29"})
  default void standard_error_is_drained_from_the_first_byte_and_its_end_is_kept(
      @TempDir Path folder) {
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
    MachineShare share = MachineShare.since();
    long begun = System.nanoTime();
    try (SupervisorClient client = openStub(folder, program)) {
      assertBelow(STARTED, begun, share);
      assertThat(client.request("status", "{}")).isEqualTo("{}");
      RunnerGone gone =
          catchThrowableOfType(RunnerGone.class, () -> client.request("status", "{}"));
      assertThat(gone.report().exitStatus()).hasValue(9);
      String tail = gone.report().stderrTail();
      assertThat(tail).hasSize(Defaults.STDERR_KEPT).endsWith("noise\nmy last words");
      assertThat(gone).hasMessageContaining("my last words");
    }
  }

  @TestFactory
  @Needs(Capability.BARE)
  @Rule({"H8", "SES-10", "SES-11", "TRN-7"})
  default Stream<DynamicTest> everything_that_is_open_fails_at_once_when_the_runner_dies(
      @TempDir Path folder) {
    return Stream.of(
            "os.kill(os.getpid(), 9)",
            "import subprocess; subprocess.Popen(['sleep', '30']); os.kill(os.getpid(), 9)",
            "hang_up(); import signal; signal.pause()",
            "os._exit(0)")
        .map(death -> DynamicTest.dynamicTest(death, () -> failsAtOnce(folder, death)));
  }

  private void failsAtOnce(Path folder, String death) {
    String program = "rest = start()\nfor n in range(64): next(rest)\n" + death;
    try (SupervisorClient client = openStub(folder, program)) {
      List<CompletableFuture<String>> calls = new ArrayList<>();
      for (int i = 0; i < 63; i++) {
        calls.add(client.requestAsync("status", "{}", Duration.ofSeconds(15)));
      }
      CompletableFuture<Outcome> cell = client.session().start(Cell.of("x")).outcome();
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

  /** The end of a process is seen earlier than what it has written, and must not be told so. */
  @Test
  @Rule({"H8", "TRN-7"})
  default void what_a_runner_wrote_before_it_died_arrives_before_its_death(@TempDir Path folder) {
    String program =
        """
        rest = start()
        kind, execute, _, cell = next(rest)
        out = b"x" * 1000 + b"\\n"
        write(b"".join(frame(STDOUT, out, session=1, generation=1, cell=cell) for _ in range(50))
              + terminal(execute, cell, out=out * 50))
        os._exit(3)
        """;
    for (int i = 0; i < 5; i++) {
      try (SupervisorClient client = openStub(folder, program)) {
        Outcome outcome = client.session().execute("go");
        assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.COMPLETED);
        assertThat(outcome.stdoutText()).isEqualTo(("x".repeat(1000) + "\n").repeat(50));
        assertThat(client.exited().orTimeout(10, TimeUnit.SECONDS).join().exitStatus()).hasValue(3);
      }
    }
  }

  /** A reaper stays with a process whose streams somebody reads while another holds them. */
  @Test
  @Limit(seconds = 300, why = "the full count is fifty deaths, beside busy loops a second each")
  @Heavy(why = "many deaths, one after another")
  @Rule("H8")
  default void threads_do_not_pile_up_over_many_deaths(@TempDir Path folder) {
    Counts counts = Counts.of(5, 50, 50);
    String program =
        """
        import subprocess
        rest = start()
        next(rest)
        subprocess.Popen(["sleep", "30"])
        os.kill(os.getpid(), 9)
        """;
    long before = Reapers.atWork();
    for (int i = 0; i < counts.now(); i++) {
      try (SupervisorClient client = openStub(folder, program)) {
        assertThatThrownBy(() -> client.request("status", "{}")).isInstanceOf(RunnerGone.class);
      }
    }
    Awaitility.await()
        .atMost(10, TimeUnit.SECONDS)
        .untilAsserted(() -> assertThat(Reapers.atWork()).isLessThanOrEqualTo(before));
  }

  @Test
  @Heavy(why = "it waits for the limit of closing, which the host keeps")
  @Rule({"H33", "H34", "P16"})
  default void closing_a_runner_that_ignores_everything_is_bounded_and_closing_again_does_nothing(
      @TempDir Path folder) {
    String program =
        """
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        start()
        while True: signal.pause()
        """;
    SupervisorClient client = openStub(folder, program);
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
  @Needs(Capability.BARE)
  @Rule("P11")
  default void what_a_killed_runner_left_behind_is_found_by_its_tag(@TempDir Path folder)
      throws Exception {
    Path pid = folder.resolve("pid");
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
    try (SupervisorClient client = openStub(folder, program)) {
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
