package dev.pyvisor.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Defaults;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.wire.Frame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reports about a client that the test plays. */
@Timeout(20)
class HangReportsTest {
  private static final String BUSY =
      """
      {"supervisor":{"pid":1,"uptimeMs":5},"kernels":[
        {"session":1,"name":"main","cell":3,"pid":77,"condition":"busy",
         "verdict":"running: <cell 3> line 2","stacks":"File \\"<cell 3>\\", line 2 in spin"},
        {"session":2,"name":"other","cell":0,"pid":78,"condition":"idle","verdict":"idle: waits"}]}
      """;

  /** A second of the report's own; a loaded machine gets as much again for starting threads. */
  private static final Duration SOON = Defaults.EVIDENCE_LIMIT.multipliedBy(3);

  @TempDir Path base;
  private final ThreadRoster threads = new ThreadRoster("0a1b2c3d");
  private CompletableFuture<String> facts = CompletableFuture.completedFuture(BUSY);
  private OptionalLong supervisor = OptionalLong.empty();
  private HangReports reports;

  @BeforeEach
  void begin() {
    reports = reports(ReportFolder.Disk.REAL);
  }

  private HangReports reports(ReportFolder.Disk disk) {
    return new HangReports(new Played(), base, threads, disk);
  }

  @AfterEach
  void end() {
    reports.close();
    Awaitility.await().until(() -> threads.alive().isEmpty());
  }

  private Path report() {
    return reports.write("the test asked").orTimeout(10, TimeUnit.SECONDS).join();
  }

  /** A report that may take its time: the first of a JVM loads much. */
  private Path wholeReport() {
    Path folder = report();
    Awaitility.await().until(() -> hasVerdict(folder));
    return folder;
  }

  private static boolean hasVerdict(Path folder) throws IOException {
    Path verdict = folder.resolve("verdict.txt");
    return Files.exists(verdict) && Files.size(verdict) > 0;
  }

  private static String text(Path folder, String file) throws IOException {
    return Files.readString(folder.resolve(file));
  }

  @Test
  @Rule("H36")
  void a_report_holds_every_file_and_the_supervisors_verdict() throws IOException {
    Path folder = wholeReport();
    assertThat(folder.getFileName().toString()).endsWith("-0a1b2c3d");
    assertThat(text(folder, "java-stacks.txt"))
        .contains("no threads are deadlocked")
        .contains("a_report_holds_every_file_and_the_supervisors_verdict");
    assertThat(text(folder, "pending.txt")).contains("the test asked").contains("open: id 7");
    assertThat(text(folder, "frames.txt")).contains("PING");
    assertThat(text(folder, "runner.json")).contains("\"uptimeMs\" : 5");
    assertThat(text(folder, "python-stacks.txt"))
        .contains("kernel of session main, process 77")
        .contains("<cell 3>\", line 2 in spin");
    assertThat(text(folder, "proc.txt")).contains("no process on this machine");
    assertThat(text(folder, "verdict.txt"))
        .isEqualTo("running: <cell 3> line 2 (session main, cell 3, process 77)\n");
  }

  @Test
  @Rule("H36")
  void facts_that_the_supervisor_tells_by_itself_are_not_asked_for_again() {
    facts = new CompletableFuture<>();
    reports.told("{\"session\":1,\"stage\":\"ladder\",\"facts\":" + BUSY + "}");
    Awaitility.await()
        .untilAsserted(
            () -> {
              List<Path> folders = folders();
              assertThat(folders).hasSize(1);
              assertThat(hasVerdict(folders.get(0))).isTrue();
              assertThat(text(folders.get(0), "verdict.txt")).startsWith("running: <cell 3>");
            });
  }

  private List<Path> folders() throws IOException {
    try (var entries = Files.list(base)) {
      return entries.toList();
    }
  }

  @Test
  @Rule("H37")
  void a_supervisor_that_does_not_answer_costs_its_half_second_and_its_process_is_looked_at()
      throws IOException {
    facts = new CompletableFuture<>();
    Process silent = new ProcessBuilder("sleep", "60").start();
    supervisor = OptionalLong.of(silent.pid());
    try {
      long begin = System.nanoTime();
      Path folder = report();
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SOON);
      Awaitility.await().until(() -> hasVerdict(folder));
      assertThat(text(folder, "verdict.txt"))
          .startsWith("sleeping: ")
          .contains("the supervisor, process " + silent.pid())
          .contains("did not answer within 500 ms");
      assertThat(text(folder, "runner.json")).contains("did not answer within 500 ms");
      assertThat(text(folder, "proc.txt")).contains("process " + silent.pid() + " (sleep) state=S");
      assertThat(text(folder, "java-stacks.txt")).contains("HangReportsTest");
    } finally {
      silent.toHandle().destroyForcibly();
    }
  }

  @Test
  @Rule("H37")
  void a_supervisor_that_is_gone_is_said_to_be() throws Exception {
    facts = CompletableFuture.failedFuture(new IOException("it ended with 137"));
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    supervisor = OptionalLong.of(gone.pid());
    Path folder = wholeReport();
    assertThat(text(folder, "verdict.txt"))
        .startsWith("gone: the supervisor (process " + gone.pid() + ") has ended")
        .contains("it ended with 137");
  }

  @Test
  @Rule("H37")
  void a_full_disk_leaves_what_fitted_and_the_verdict_says_what_is_missing() throws IOException {
    reports.close();
    reports =
        reports(
            (file, bytes) -> {
              if (file.endsWith("java-stacks.txt") || file.endsWith("proc.txt")) {
                throw new IOException("No space left on device");
              }
              ReportFolder.Disk.REAL.write(file, bytes);
            });
    Path folder = wholeReport();
    assertThat(folder.resolve("java-stacks.txt")).doesNotExist();
    assertThat(folder.resolve("pending.txt")).exists();
    assertThat(text(folder, "verdict.txt"))
        .contains("java-stacks.txt could not be written: No space left on device");
  }

  @Test
  @Rule("H37")
  void a_disk_that_hangs_holds_up_nobody_beyond_the_limit() {
    CountDownLatch mended = new CountDownLatch(1);
    reports.close();
    reports = reports(hangsUntil(mended));
    try {
      long begin = System.nanoTime();
      Path folder = report();
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SOON);
      assertThat(folder).isEmptyDirectory();
    } finally {
      mended.countDown();
    }
  }

  @Test
  void more_reports_than_may_wait_are_refused() {
    CountDownLatch mended = new CountDownLatch(1);
    reports.close();
    reports = reports(hangsUntil(mended));
    try {
      for (int i = 0; i <= Defaults.QUEUED_REPORTS; i++) {
        reports.write("one of many");
      }
      assertThatThrownBy(() -> reports.write("one too many").join())
          .hasRootCauseInstanceOf(IllegalStateException.class)
          .hasMessageContaining(Defaults.QUEUED_REPORTS + " reports already wait");
    } finally {
      mended.countDown();
    }
  }

  @Test
  @Rule("H36")
  void after_the_close_one_report_more_is_begun_at_most() {
    CountDownLatch mended = new CountDownLatch(1);
    reports.close();
    reports = reports(hangsUntil(mended));
    List<CompletableFuture<Path>> asked;
    try {
      asked =
          Stream.of("first", "second", "third", "fourth")
              .map(reason -> reports.write(reason, Duration.ofSeconds(15)))
              .toList();
      reports.close();
      for (CompletableFuture<Path> behind : asked.subList(2, 4)) {
        assertThatThrownBy(behind::join)
            .hasRootCauseInstanceOf(IllegalStateException.class)
            .hasMessageContaining("the client was closed before its turn");
      }
    } finally {
      mended.countDown();
    }
    asked
        .subList(0, 2)
        .forEach(written -> assertThat(written.join().resolve("verdict.txt")).isNotEmptyFile());
  }

  private static ReportFolder.Disk hangsUntil(CountDownLatch mended) {
    return (file, bytes) -> {
      try {
        mended.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      ReportFolder.Disk.REAL.write(file, bytes);
    };
  }

  @Test
  void where_no_folder_can_be_made_the_failure_says_so() throws IOException {
    reports.close();
    Path file = Files.createFile(base.resolve("a-file"));
    reports = new HangReports(new Played(), file, threads);
    assertThatThrownBy(this::report)
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(UncheckedIOException.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  @Rule("H36")
  void threads_that_wait_for_each_other_are_named() throws Exception {
    ReentrantLock first = new ReentrantLock();
    ReentrantLock second = new ReentrantLock();
    CountDownLatch both = new CountDownLatch(2);
    Thread one = holder("first-then-second", first, second, both);
    Thread other = holder("second-then-first", second, first, both);
    Awaitility.await().until(() -> JavaStacks.deadlocked() == 2);
    try {
      Path folder = wholeReport();
      assertThat(text(folder, "verdict.txt")).contains("2 Java threads are deadlocked");
      assertThat(text(folder, "java-stacks.txt"))
          .contains("2 threads are deadlocked")
          .containsPattern(
              "\"first-then-second\" #\\d+ daemon WAITING on .* held by \"second-then-first\"")
          .contains("    holds java.util.concurrent.locks.ReentrantLock");
    } finally {
      one.interrupt();
      other.interrupt();
      one.join();
      other.join();
    }
  }

  private static Thread holder(
      String name, ReentrantLock mine, ReentrantLock wanted, CountDownLatch both) {
    Thread thread =
        new Thread(
            () -> {
              mine.lock();
              try {
                both.countDown();
                both.await();
                wanted.lockInterruptibly();
                wanted.unlock();
              } catch (InterruptedException resolved) {
                Thread.currentThread().interrupt();
              } finally {
                mine.unlock();
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** The client. */
  private final class Played implements Witness {
    private final FrameLog frames = new FrameLog();

    Played() {
      frames.received(Frame.ping(new byte[0]));
    }

    @Override
    public String runnerId() {
      return "0a1b2c3d";
    }

    @Override
    public OptionalLong supervisor() {
      return supervisor;
    }

    @Override
    public Path privateDirectory() {
      return base;
    }

    @Override
    public List<String> pending() {
      return List.of("open: id 7 execute cell 3, for 12 ms, sent");
    }

    @Override
    public FrameLog frames() {
      return frames;
    }

    @Override
    public CompletableFuture<String> facts(Duration limit) {
      return facts;
    }
  }
}
