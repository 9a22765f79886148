package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What hangs leaves a folder that explains it. */
public interface EvidenceContract extends RunnerContract {
  /** Bounds one report; the design says a second after the evidence's stage. */
  Duration LIMIT = Duration.ofSeconds(5);

  @TestFactory
  @Rule("H36")
  default Stream<DynamicTest> a_report_on_demand_names_the_line_of_a_cell_that_nothing_interrupts(
      @TempDir Path folder) {
    return StuckCells.all().entrySet().stream()
        .filter(cell -> !cell.getKey().contains("blocked"))
        .map(
            cell ->
                DynamicTest.dynamicTest(
                    cell.getKey(), () -> reportOnDemand(folder, cell.getKey(), cell.getValue())));
  }

  private void reportOnDemand(Path evidence, String name, String code) throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    try (SupervisorClient client =
        OpenClients.open(client().tool(tells(stuck)).evidenceDirectory(evidence))) {
      client.session().start(Cell.of(code));
      assertThat(stuck.await(10, TimeUnit.SECONDS)).isTrue();
      String place = "<cell 1>\", line " + StuckCells.line(code);
      boolean stops = name.equals("stopped");
      // The answer of the tool is on its way: the cell may not have come to its line yet.
      Awaitility.await()
          .atMost(Duration.ofSeconds(15))
          .untilAsserted(
              () -> {
                long begin = System.nanoTime();
                Path report = client.hangReport();
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(LIMIT);
                if (stops) {
                  assertThat(text(report, "verdict.txt")).startsWith("stopped: ");
                } else {
                  assertThat(text(report, "python-stacks.txt")).contains(place);
                }
              });
    }
  }

  private static Tool tells(CountDownLatch stuck) {
    return Tool.of(
        "stuck",
        (arguments, context) -> {
          stuck.countDown();
          return null;
        });
  }

  private static String text(Path folder, String file) {
    Path path = folder.resolve(file);
    assertThat(path).exists();
    try {
      return Files.readString(path);
    } catch (IOException missing) {
      throw new UncheckedIOException(missing);
    }
  }
}
