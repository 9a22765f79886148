package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Reapers;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.contract.load.Latencies;
import dev.pyvisor.contract.load.Wrappers;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.error.RunnerGone;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The supervisor is killed while 64 calls are open: each settles at once, and exactly once. */
@ExtendWith({Census.class, HangReport.class})
class PipeSupervisorDeathTest {
  private static final int TOOL_CALLS = 16;
  private static final int CELLS = 24;
  private static final int GETS = 24;
  private static final int CALLS = TOOL_CALLS + CELLS + GETS;
  private static final Duration AT_ONCE = Duration.ofSeconds(2);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @TempDir Path folder;

  @Test
  @Rule({"H8", "SES-10", "SES-11"})
  @Limit(seconds = 300, why = "fifty repetitions in the full count, each with a start of its own")
  void every_open_call_settles_when_the_supervisor_is_killed() {
    Counts counts = Counts.of(5, 20, 50);
    Latencies latencies = new Latencies();
    long reapers = Reapers.atWork();
    for (int i = 0; i < counts.now(); i++) {
      latencies.add(killWithOpenCalls(Interpreters.standard()));
    }
    assertNoneGathered(reapers);
    Evidence.record(
        "from SIGKILL of the supervisor to the last of 64 open calls settled",
        List.of("H8"),
        latencies.summary(),
        counts);
    assertThat(latencies.max()).isLessThan(AT_ONCE);
  }

  @Test
  @Rule({"H8", "TRN-7", "W30"})
  @Limit(seconds = 300, why = "fifty repetitions in the full count, each with a start of its own")
  void it_makes_no_difference_that_a_stranger_holds_the_supervisors_streams() throws IOException {
    Counts counts = Counts.of(5, 20, 50);
    Latencies latencies = new Latencies();
    Path pidFile = folder.resolve("stranger.pid");
    Path python = Wrappers.heldStreams(folder, Interpreters.standard(), pidFile);
    long reapers = Reapers.atWork();
    for (int i = 0; i < counts.now(); i++) {
      latencies.add(killWithOpenCalls(python));
      assertThat(pidFile).as("the stranger's number").isNotEmptyFile();
      Files.delete(pidFile);
    }
    assertNoneGathered(reapers);
    Evidence.record(
        "the same while a stranger holds the supervisor's streams",
        List.of("H8"),
        latencies.summary(),
        counts);
    assertThat(latencies.max()).isLessThan(AT_ONCE);
  }

  /** A loop feeds the one kind back to whoever writes the code, and ends with the other. */
  @Test
  @Rule("C40")
  void what_code_did_wrong_is_told_apart_from_a_runner_that_is_gone() {
    AtomicReference<SupervisorClient> open = new AtomicReference<>();
    Tool kill = Tool.of("kill", (arguments, context) -> killSupervisor(open.get()));
    try (SupervisorClient client = OpenClients.open(Pipe.client().restart(false).tool(kill))) {
      open.set(client);
      Session session = client.session();
      List<String> fedBack = new ArrayList<>();
      List<Outcome> fatal = new ArrayList<>();
      for (String code : List.of("raise ValueError(1)", "print(missing)", "await kill()")) {
        CallFailed refused = catchThrowableOfType(CallFailed.class, () -> session.get("missing"));
        assertThat(refused.delivery()).isEqualTo(Delivery.ANSWERED);
        Outcome outcome = session.execute(code);
        outcome
            .error()
            .ifPresentOrElse(error -> fedBack.add(error.type()), () -> fatal.add(outcome));
      }
      assertThat(fedBack).containsExactly("ValueError", "NameError");
      assertThat(fatal).hasSize(1);
      check(fatal.get(0), OutcomeKind.UNKNOWN);
      assertThat(fatal.get(0).cause().orElseThrow().kind()).isEqualTo("runner_gone");
      check(session.execute("print('never')"), OutcomeKind.NEVER_STARTED);
      RunnerException gone =
          catchThrowableOfType(RunnerException.class, () -> session.get("missing"));
      assertThat(gone).isInstanceOf(RunnerGone.class).isNotInstanceOf(CallFailed.class);
    }
  }

  private static boolean killSupervisor(SupervisorClient client) {
    return ProcessHandle.of(client.runner().pid()).orElseThrow().destroyForcibly();
  }

  private static Duration killWithOpenCalls(Path python) {
    Settlements settlements = new Settlements();
    CountDownLatch called = new CountDownLatch(TOOL_CALLS);
    CountDownLatch never = new CountDownLatch(1);
    Tool wait =
        Tool.named("wait")
            .handler(
                (arguments, context) -> {
                  context.onCancel(settlements.next());
                  called.countDown();
                  never.await();
                  return null;
                });
    Duration took;
    try (SupervisorClient client = OpenClients.open(Pipe.client(python).tool(wait))) {
      Session session = client.session();
      CellRun running =
          session.start(
              Cell.of(
                  "import asyncio\nprint('before')\nawait asyncio.gather(*(wait() for _ in range("
                      + TOOL_CALLS
                      + ")))"));
      assertThat(await(called)).isTrue();
      List<CellRun> queued = new ArrayList<>();
      List<CompletableFuture<?>> gets = new ArrayList<>();
      for (int i = 1; i < CELLS; i++) {
        queued.add(session.start(Cell.of("print('never')")));
      }
      for (int i = 0; i < GETS; i++) {
        gets.add(session.getAsync("x"));
      }
      settlements.of(running.outcome());
      queued.forEach(run -> settlements.of(run.outcome()));
      gets.forEach(settlements::of);

      long start = System.nanoTime();
      killSupervisor(client);
      assertThat(await(settlements.all)).as("all calls settled: " + settlements).isTrue();
      took = Duration.ofNanos(System.nanoTime() - start);

      check(running.outcome().join(), OutcomeKind.UNKNOWN);
      assertThat(running.outcome().join().stdoutText()).isEqualTo("before\n");
      queued.forEach(run -> check(run.outcome().join(), OutcomeKind.NEVER_STARTED));
      gets.forEach(PipeSupervisorDeathTest::checkFailed);
    }
    assertThat(settlements.times()).as("how often each call settled").containsOnly(1);
    return took;
  }

  /**
   * How often each call has settled: a cell or a get by its future, a tool's call by its
   * cancellation.
   *
   * <p>Thread-safe: by atomics and a latch.
   */
  private static final class Settlements {
    final CountDownLatch all = new CountDownLatch(CALLS);
    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicIntegerArray times = new AtomicIntegerArray(CALLS);

    /** What one more call has to run when it settles. */
    Runnable next() {
      int call = calls.getAndIncrement();
      return () -> {
        if (times.incrementAndGet(call) == 1) {
          all.countDown();
        }
      };
    }

    void of(CompletableFuture<?> future) {
      Runnable settled = next();
      future.whenComplete((result, failure) -> settled.run());
    }

    int[] times() {
      return IntStream.range(0, CALLS).map(times::get).toArray();
    }

    @Override
    public String toString() {
      return times.toString();
    }
  }

  private static void check(Outcome outcome, OutcomeKind kind) {
    assertThat(outcome.kind()).isEqualTo(kind);
    assertThat(outcome.error()).isEmpty();
    assertThat(outcome.cause()).isPresent();
  }

  private static void checkFailed(CompletableFuture<?> call) {
    try {
      call.join();
      throw new AssertionError("a call succeeded although its supervisor was killed");
    } catch (CompletionException failed) {
      assertThat(failed.getCause()).isInstanceOf(RunnerGone.class);
      assertThat(((RunnerGone) failed.getCause()).delivery()).isEqualTo(Delivery.NEVER_SENT);
    }
  }

  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * The JDK keeps one for each child whose streams a thread still reads, also when the child has
   * ended and a stranger holds them. The last has a moment to go.
   */
  private static void assertNoneGathered(long before) {
    Awaitility.await("threads that wait for a process")
        .atMost(PATIENCE)
        .pollInSameThread()
        .untilAsserted(() -> assertThat(Reapers.atWork() - before).isLessThanOrEqualTo(1));
  }
}
