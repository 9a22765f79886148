package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Heavy;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What hangs leaves a folder that explains it. */
@Needs(Capability.EVIDENCE)
public interface EvidenceContract extends RunnerContract {
  /** Bounds one report; the design says a second after the evidence's stage. */
  Duration LIMIT = Duration.ofSeconds(5);

  String WORKING_THREADS =
      """
      import threading, time
      class Made:
          def __init__(self): self.x = 1
      def calls(depth):
          return calls(depth - 1) if depth else [x for x in (y for y in (1, 2))]
      def work():
          while True:
              calls(20)
              sorted([3, 2, 1], key=lambda x: -x)
              [Made() for _ in range(5)]
      for _ in range(3):
          threading.Thread(target=work, daemon=True).start()
      await stuck()
      time.sleep(60)
      """;

  @TestFactory
  @Rule("H36")
  default Stream<DynamicTest> a_report_on_demand_names_the_line_of_a_cell_that_nothing_interrupts(
      @TempDir Path folder) {
    return StuckCells.all().entrySet().stream()
        .map(
            cell ->
                DynamicTest.dynamicTest(
                    cell.getKey(), () -> reportOnDemand(folder, cell.getKey(), cell.getValue())));
  }

  @TestFactory
  @Rule({"H36", "H11"})
  @Heavy(why = "eight deadlines with their graces")
  @OneBackend
  default Stream<DynamicTest> the_ladder_leaves_a_report_before_it_kills(@TempDir Path folder) {
    return StuckCells.endedByTheLadder().entrySet().stream()
        .map(
            cell ->
                DynamicTest.dynamicTest(
                    cell.getKey(), () -> reportOfLadder(folder, cell.getKey(), cell.getValue())));
  }

  private void reportOfLadder(Path evidence, String name, String code) throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    Path folder = Files.createTempDirectory(evidence, "of-one-cell");
    try (SupervisorClient client =
        OpenClients.open(client().tool(tells(stuck)).evidenceDirectory(folder))) {
      Outcome outcome =
          client
              .session()
              .execute(
                  Cell.of(code).timeout(Duration.ofMillis(1_500)).grace(Duration.ofMillis(800)));
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.TIMED_OUT);
      Path report = only(folder);
      awaitVerdict(report);
      if (name.equals(StuckCells.STOPPED)) {
        assertThat(text(report, "verdict.txt")).startsWith("stopped: ");
      } else {
        assertThat(text(report, "python-stacks.txt"))
            .contains("<cell 1>\", line " + StuckCells.line(code));
      }
      assertThat(text(report, "runner.json")).contains("\"kernels\"");
      assertThat(outcome.cause().orElseThrow().text())
          .as("what the outcome says of it")
          .contains(text(report, "verdict.txt").split(":")[0]);
    }
  }

  private static Path only(Path directory) throws IOException {
    Awaitility.await().until(() -> !list(directory).isEmpty());
    assertThat(list(directory)).hasSize(1);
    return list(directory).get(0);
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.toList();
    }
  }

  private static void awaitVerdict(Path report) {
    Path verdict = report.resolve("verdict.txt");
    Awaitility.await().until(() -> Files.exists(verdict) && Files.size(verdict) > 0);
  }

  private void reportOnDemand(Path evidence, String name, String code) throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    try (SupervisorClient client =
        OpenClients.open(client().tool(tells(stuck)).evidenceDirectory(evidence))) {
      client.session().start(Cell.of(code));
      assertThat(stuck.await(10, TimeUnit.SECONDS)).isTrue();
      String place = "<cell 1>\", line " + StuckCells.line(code);
      boolean stops = name.equals(StuckCells.STOPPED);
      // The answer of the tool is on its way: the cell may not have come to its line yet.
      Awaitility.await()
          .atMost(Duration.ofSeconds(15))
          .untilAsserted(
              () -> {
                Path report = reportInTime(client);
                if (stops) {
                  assertThat(text(report, "verdict.txt")).startsWith("stopped: ");
                } else {
                  assertThat(text(report, "python-stacks.txt")).contains(place);
                }
              });
    }
  }

  @Test
  @Rule("H37")
  @Heavy(why = "reports, one after the other")
  default void no_number_of_reports_ends_a_cell_whose_threads_work(@TempDir Path folder)
      throws Exception {
    // Made to answer by C code, one such cell in ten to seventy dies of a question.
    int reports = Counts.of(12, 100, 100).now();
    CountDownLatch stuck = new CountDownLatch(1);
    try (SupervisorClient client =
        OpenClients.open(client().tool(tells(stuck)).evidenceDirectory(folder))) {
      CellRun run = client.session().start(Cell.of(WORKING_THREADS));
      assertThat(stuck.await(10, TimeUnit.SECONDS)).isTrue();
      for (int report = 0; report < reports; report++) {
        assertThat(text(reportInTime(client), "verdict.txt")).doesNotStartWith("gone");
      }
      assertThat(run.outcome()).isNotDone();
      assertThat(client.session().generation()).isEqualTo(1);
    }
  }

  @Test
  @Rule("H37")
  @Heavy(why = "it waits until a stopped supervisor has been given up")
  default void a_supervisor_that_is_stopped_delays_a_report_by_half_a_second(@TempDir Path folder)
      throws Exception {
    try (SupervisorClient client = stuckClient(folder)) {
      assertThat(client.openSession("other").execute("x = 1").error()).isEmpty();
      Processes.signal(client.runner().pid(), "STOP");
      Path report = reportInTime(client);
      assertThat(text(report, "verdict.txt"))
          .startsWith("stopped: ")
          .contains("the supervisor, process " + client.runner().pid())
          .contains("did not answer within 500 ms")
          .contains("<cell 1> line 2");
      // Two kernels: the other's frozen copy is none.
      assertThat(text(report, "verdict.txt").split("\\(kernel, process ", -1)).hasSize(3);
      assertThat(text(report, "python-stacks.txt")).containsOnlyOnce("<cell 1>\", line 2");
      assertThat(Processes.alive(client.runner().pid())).isTrue();
      assertComplete(report);
    }
  }

  @Test
  @Rule("H37")
  @Heavy(why = "several reports, which the host writes")
  default void a_supervisor_that_was_killed_is_told_to_be_gone(@TempDir Path folder)
      throws Exception {
    try (SupervisorClient client = stuckClient(folder)) {
      long pid = client.runner().pid();
      Processes.kill(pid);
      Awaitility.await().until(() -> !Processes.alive(pid));
      Path report = reportInTime(client);
      assertThat(text(report, "verdict.txt"))
          .startsWith("gone: the supervisor (process " + pid + ") has ended");
      assertComplete(report);
    }
  }

  @Test
  @Rule("H36")
  default void a_report_says_what_is_open_and_what_went_over_the_wire(@TempDir Path folder)
      throws Exception {
    try (SupervisorClient client = stuckClient(folder)) {
      client.session().start(Cell.of("print('waits')"));
      Path report = reportInTime(client);
      assertThat(text(report, "pending.txt"))
          .containsPattern("open: id \\d+ execute cell 1, for \\d+ ms, sent")
          .containsPattern("waiting: session 1 execute cell 0, for \\d+ ms, its turn has not come")
          .containsPattern("outbox: session 1 messages=0 \\(0 bytes\\)");
      assertThat(text(report, "frames.txt"))
          .containsPattern("in  HELLO ")
          .containsPattern("out MESSAGE .*session=1 .*cell=1 ");
      assertThat(text(report, "java-stacks.txt"))
          .contains("a_report_says_what_is_open_and_what_went_over_the_wire")
          .contains("-reader\"");
      assertThat(text(report, "proc.txt")).contains("process " + client.runner().pid());
      assertComplete(report);
    }
  }

  @Test
  @Rule("H36")
  @Heavy(why = "several reports, which the host writes")
  default void a_client_is_shown_to_management_until_it_is_closed(@TempDir Path folder)
      throws Exception {
    MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    ObjectName name;
    try (SupervisorClient client = stuckClient(folder)) {
      name = new ObjectName("dev.pyvisor:type=Client,id=" + client.runner().runnerId());
      Awaitility.await().until(() -> beans.isRegistered(name));
      Path report = Path.of((String) beans.invoke(name, "hangReport", null, null));
      assertThat(report).hasParent(folder);
      assertThat(text(report, "verdict.txt")).contains("<cell 1>");
      assertThat(beans.getAttribute(name, "Supervisor")).isEqualTo(client.runner().pid());
    }
    assertThat(beans.isRegistered(name)).isFalse();
  }

  /** A client whose cell does not end. */
  private SupervisorClient stuckClient(Path evidence) throws InterruptedException {
    CountDownLatch stuck = new CountDownLatch(1);
    SupervisorClient client =
        OpenClients.open(client().tool(tells(stuck)).evidenceDirectory(evidence));
    client.session().start(Cell.of("await stuck()\n__import__('time').sleep(60)"));
    assertThat(stuck.await(10, TimeUnit.SECONDS)).isTrue();
    // The answer is on its way to the cell.
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(text(reportInTime(client), "python-stacks.txt"))
                    .contains("<cell 1>\", line 2"));
    return client;
  }

  private static Path reportInTime(SupervisorClient client) {
    long begin = System.nanoTime();
    Path report = client.hangReport();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(LIMIT);
    // A machine that is busy finishes the files a little later.
    awaitVerdict(report);
    return report;
  }

  private static void assertComplete(Path report) throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(report)))
        .isEqualTo("rwx------");
    try (Stream<Path> files = Files.list(report)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "java-stacks.txt",
              "pending.txt",
              "frames.txt",
              "runner.json",
              "python-stacks.txt",
              "proc.txt",
              "verdict.txt");
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
