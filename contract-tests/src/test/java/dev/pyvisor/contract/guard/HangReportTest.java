package dev.pyvisor.contract.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.tool.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A test that hangs leaves a file that explains it, and ends. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 60, why = "one of them hangs for some seconds on purpose")
class HangReportTest {
  /** Room for a first start of a client on a busy machine; what hangs is there long before. */
  private static final Duration LIMIT = Duration.ofSeconds(6);

  private static final Pattern FILE = Pattern.compile("see (\\S+)");

  /** Of this test's client: that of another one, which never ends, has none any more. */
  private static final Pattern OWN = Pattern.compile("its own report: (/\\S+)");

  @Test
  void a_test_that_hangs_leaves_java_stacks_open_calls_and_python_stacks() throws Exception {
    Throwable hung = catchThrowable(() -> HangReport.watch("hangs on purpose", LIMIT, this::hang));

    assertThat(hung)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("hung for " + LIMIT.toSeconds() + " s");
    Matcher file = FILE.matcher(hung.getMessage());
    assertThat(file.find()).isTrue();
    String report = Files.readString(Path.of(file.group(1)));
    assertThat(report).contains("HangReportTest.waitForever");
    assertThat(report).contains("execute");
    assertThat(report).contains("in stuck_in_a_loop").contains("stacks-supervisor.txt");
    assertThat(report).contains("no threads are deadlocked");
    Matcher own = OWN.matcher(report);
    assertThat(own.find()).isTrue();
    assertThat(Path.of(own.group(1))).isDirectoryContaining("glob:**/java-stacks.txt");
  }

  /** A cell that holds the interpreter, and a test that waits for it. */
  private void hang() throws InterruptedException {
    CountDownLatch started = new CountDownLatch(1);
    Tool tell =
        Tool.of(
            "tell",
            (arguments, context) -> {
              started.countDown();
              return null;
            });
    try (SupervisorClient client =
        OpenClients.open(
            SupervisorClient.builder().python(Interpreters.standard()).tool(tell).trusted())) {
      CellRun run =
          client
              .session()
              .start(
                  Cell.of(
                      "def stuck_in_a_loop():\n    while True: pass\n"
                          + "await tell()\nstuck_in_a_loop()"));
      assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
      Outcome outcome = waitForever(run);
      throw new AssertionError("the endless cell ended: " + outcome);
    }
  }

  private static Outcome waitForever(CellRun run) {
    return run.outcome().join();
  }

  @Test
  void a_test_in_time_leaves_no_file_and_keeps_its_own_failure() {
    IllegalStateException own = new IllegalStateException("mine");
    Throwable thrown =
        catchThrowable(
            () ->
                HangReport.watch(
                    "fails",
                    Duration.ofSeconds(20),
                    () -> {
                      throw own;
                    }));
    assertThat(thrown).isSameAs(own);
  }
}
