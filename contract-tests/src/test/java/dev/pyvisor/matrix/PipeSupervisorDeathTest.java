package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

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
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.contract.load.Latencies;
import dev.pyvisor.contract.load.Wrappers;
import dev.pyvisor.error.Delivery;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The supervisor is killed while 64 calls are open: each settles at once, and exactly once. */
@ExtendWith({Census.class, HangReport.class})
class PipeSupervisorDeathTest {
  private static final int TOOL_CALLS = 16;
  private static final int CELLS = 24;
  private static final int GETS = 24;
  private static final Duration AT_ONCE = Duration.ofSeconds(2);

  @TempDir Path folder;

  @Test
  @Rule({"H8", "SES-10", "SES-11", "C40"})
  @Limit(seconds = 300, why = "fifty repetitions in the full count, each with a start of its own")
  void every_open_call_settles_when_the_supervisor_is_killed() {
    Counts counts = Counts.of(5, 20, 50);
    Latencies latencies = new Latencies();
    long reapers = reapers();
    for (int i = 0; i < counts.now(); i++) {
      latencies.add(killWithOpenCalls(Interpreters.standard()));
    }
    Evidence.record(
        "from SIGKILL of the supervisor to the last of 64 open calls settled",
        List.of("H8"),
        latencies.summary(),
        counts);
    assertThat(latencies.max()).isLessThan(AT_ONCE);
    assertThat(reapers() - reapers).as("threads that wait for a process").isLessThanOrEqualTo(1);
  }

  @Test
  @Rule({"H8", "TRN-7", "W30"})
  @Limit(seconds = 300, why = "fifty repetitions in the full count, each with a start of its own")
  void it_makes_no_difference_that_a_stranger_holds_the_supervisors_streams() throws IOException {
    Counts counts = Counts.of(5, 20, 50);
    Latencies latencies = new Latencies();
    Path pidFile = folder.resolve("stranger.pid");
    Path python = Wrappers.heldStreams(folder, Interpreters.standard(), pidFile);
    for (int i = 0; i < counts.now(); i++) {
      Files.deleteIfExists(pidFile);
      latencies.add(killWithOpenCalls(python));
      ProcessHandle.of(Long.parseLong(Files.readString(pidFile)))
          .ifPresent(ProcessHandle::destroyForcibly);
    }
    Evidence.record(
        "the same while a stranger holds the supervisor's streams",
        List.of("H8"),
        latencies.summary(),
        counts);
    assertThat(latencies.max()).isLessThan(AT_ONCE);
  }

  private static Duration killWithOpenCalls(Path python) {
    CountDownLatch called = new CountDownLatch(TOOL_CALLS);
    CountDownLatch never = new CountDownLatch(1);
    Tool wait =
        Tool.named("wait")
            .handler(
                (arguments, context) -> {
                  called.countDown();
                  context.onCancel(never::countDown);
                  never.await();
                  return null;
                });
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
      List<CompletableFuture<?>> open = new ArrayList<>();
      for (int i = 1; i < CELLS; i++) {
        queued.add(session.start(Cell.of("print('never')")));
      }
      for (int i = 0; i < GETS; i++) {
        open.add(session.getAsync("x"));
      }
      queued.forEach(run -> open.add(run.outcome()));
      open.add(running.outcome());

      long start = System.nanoTime();
      ProcessHandle.of(client.runner().pid()).orElseThrow().destroyForcibly();
      CompletableFuture<?> all = CompletableFuture.allOf(open.toArray(CompletableFuture[]::new));
      all.handle((done, failure) -> null).orTimeout(10, TimeUnit.SECONDS).join();
      Duration took = Duration.ofNanos(System.nanoTime() - start);

      check(running.outcome().join(), OutcomeKind.UNKNOWN);
      assertThat(running.outcome().join().stdoutText()).isEqualTo("before\n");
      queued.forEach(run -> check(run.outcome().join(), OutcomeKind.NEVER_STARTED));
      open.subList(0, GETS).forEach(PipeSupervisorDeathTest::checkFailed);
      return took;
    }
  }

  private static void check(Outcome outcome, OutcomeKind kind) {
    assertThat(outcome.kind()).isEqualTo(kind);
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

  private static long reapers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("process reaper (pid"))
        .count();
  }
}
