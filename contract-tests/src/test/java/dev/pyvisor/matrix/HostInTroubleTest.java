package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.backend.BackendUnderTest;
import dev.pyvisor.contract.backend.BubblewrapBackend;
import dev.pyvisor.contract.backend.PipeBackend;
import dev.pyvisor.contract.backend.PodmanBackend;
import dev.pyvisor.contract.backend.WebsocketBackend;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.contract.load.Wrappers;
import dev.pyvisor.outcome.OutputChunk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A host that stands still for a while, or that ends itself while a cell runs. */
@ExtendWith({Census.class, HangReport.class})
class HostInTroubleTest {
  /** The design's bound of what a host that reads nothing may cost its supervisor. */
  private static final int GROWTH_KIB = 64 * 1024;

  /** LIF-9 says two seconds; a loaded machine gets as much again, and podman its own time. */
  private static final Duration LIMIT = Duration.ofSeconds(6);

  private static final Duration SETTLED = Duration.ofMillis(300);
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path folder;

  private static Stream<BackendUnderTest> launchers() {
    return Stream.of(new PipeBackend(), new BubblewrapBackend.Pipe(), new PodmanBackend.Pipe());
  }

  @TestFactory
  @Rule({"H25", "TRN-4"})
  @Limit(seconds = 240, why = "two gibibytes on cores that others use, in the tier full")
  Stream<DynamicTest> a_host_that_stands_still_during_a_flood_costs_no_memory_and_loses_nothing() {
    return launchers()
        .map(backend -> DynamicTest.dynamicTest(backend.label(), () -> standsStill(backend)));
  }

  private void standsStill(BackendUnderTest backend) throws Exception {
    Counts mebibytes = Counts.of(96, 256, 2_048);
    try (HostProcess host = host(backend, "flood", mebibytes.now())) {
      long supervisor = Long.parseLong(host.line());
      long before = Processes.residentKib(supervisor);
      assertThat(host.line()).isEqualTo("flows");

      Processes.signal(host.process().pid(), "STOP");
      long held = untilNothingMoves(supervisor);
      long grown = Processes.residentKib(supervisor) - before;
      Processes.signal(host.process().pid(), "CONT");

      assertThat(host.line()).isEqualTo("COMPLETED " + ((long) mebibytes.now() << 20));
      assertThat(held)
          .as("bytes that it had read while nobody took them")
          .isPositive()
          .isLessThan((long) mebibytes.now() << 20);
      assertThat(grown).as("KiB that the supervisor has grown by").isLessThan(GROWTH_KIB);
      assertThat(host.process().waitFor()).isZero();
      Evidence.record(
          "what a supervisor grows by while its host stands still in a flood, " + backend.label(),
          List.of("H25"),
          grown + " KiB (bound " + GROWTH_KIB + ")",
          mebibytes);
    }
  }

  /** Until the supervisor reads no more: what the kernel writes has nowhere to go then. */
  private static long untilNothingMoves(long supervisor) {
    AtomicLong last = new AtomicLong(-1);
    Awaitility.await()
        .pollDelay(Duration.ZERO)
        .pollInterval(SETTLED)
        .atMost(SOON)
        .until(
            () -> {
              long now = bytesRead(supervisor);
              return last.getAndSet(now) == now;
            });
    return last.get();
  }

  private static long bytesRead(long pid) throws IOException {
    return Files.readString(Path.of("/proc", Long.toString(pid), "io"))
        .lines()
        .filter(line -> line.startsWith("rchar:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  @TestFactory
  @Rule({"H27", "LIF-9", "C98"})
  Stream<DynamicTest> a_host_that_exits_while_a_cell_runs_takes_all_of_it_along() {
    return Stream.concat(launchers(), Stream.of(new WebsocketBackend()))
        .map(backend -> DynamicTest.dynamicTest(backend.label(), () -> exits(backend)));
  }

  private void exits(BackendUnderTest backend) throws Exception {
    try (HostProcess host = host(backend, "exit", 0)) {
      long supervisor = Long.parseLong(host.line());
      assertThat(host.line()).isEqualTo("runs");
      List<ProcessHandle> all =
          Stream.concat(
                  ProcessHandle.of(supervisor).stream(),
                  ProcessHandle.of(supervisor).stream().flatMap(ProcessHandle::descendants))
              .toList();
      assertThat(all).hasSizeGreaterThan(2);
      long start = System.nanoTime();
      host.process().getOutputStream().close();

      assertThat(host.process().waitFor()).isEqualTo(7);
      Awaitility.await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(10))
          .atMost(LIMIT)
          .until(() -> all.stream().noneMatch(process -> Processes.alive(process.pid())));
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LIMIT);
      Awaitility.await().atMost(LIMIT).until(() -> host.privateDirectories().isEmpty());
    }
  }

  /** What is started here is no runner: nobody but the host removes the host's directory. */
  @Test
  @Rule({"H27", "LIF-9", "C98"})
  void a_host_that_exits_while_it_starts_a_runner_leaves_no_directory() throws Exception {
    Path silent = Wrappers.shell(folder, "silent", "exec cat >/dev/null");
    try (HostProcess host = HostProcess.start(folder, Host.class, silent.toString(), "start")) {
      assertThat(host.line()).isEqualTo("starts");
      assertThat(host.process().waitFor()).isEqualTo(7);
      assertThat(host.privateDirectories()).isEmpty();
    }
  }

  private HostProcess host(BackendUnderTest backend, String what, int count) throws IOException {
    Optional<String> obstacle = backend.obstacle();
    assumeTrue(obstacle.isEmpty(), () -> backend.label() + ": " + obstacle.orElse(""));
    return HostProcess.start(folder, Host.class, backend.label(), what, Integer.toString(count));
  }

  /** The program that gets into trouble. */
  static final class Host {
    private Host() {}

    /** Prints its supervisor's number, and what comes of a cell. */
    public static void main(String[] arguments) throws Exception {
      if (arguments[1].equals("start")) {
        exitAtTheStart(Path.of(arguments[0]));
      }
      BackendUnderTest backend =
          Stream.concat(launchers(), Stream.of(new WebsocketBackend()))
              .filter(one -> one.label().equals(arguments[0]))
              .findFirst()
              .orElseThrow();
      SupervisorClient client = backend.client(Interpreters.standard()).open();
      say(client.runner().pid());
      if (arguments[1].equals("flood")) {
        flood(client, Integer.parseInt(arguments[2]));
        client.close();
        return;
      }
      client
          .session()
          .start(
              Cell.of(
                  "import subprocess, sys, time\n"
                      + "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
                      + " start_new_session=True)\n"
                      + "print('runs', flush=True)\n"
                      + "while True: pass"));
      say("runs");
      System.in.read();
      System.exit(7);
    }

    private static void exitAtTheStart(Path python) throws IOException {
      Thread starter = new Thread(() -> new PipeBackend().client(python).open(), "starter");
      starter.setDaemon(true);
      starter.start();
      Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
      Awaitility.await()
          .pollInterval(Duration.ofMillis(1))
          .atMost(SOON)
          .until(() -> HostProcess.privateDirectories(temporary).size() == 1);
      say("starts");
      System.exit(7);
    }

    private static void flood(SupervisorClient client, int mebibytes) {
      AtomicLong seen = new AtomicLong();
      var outcome =
          client
              .session()
              .execute(
                  Cell.of(
                          "import os\nblock = b'x' * 65536\nfor _ in range("
                              + mebibytes * 16
                              + "): os.write(1, block)")
                      .listener(
                          new CellListener() {
                            @Override
                            public void onOutput(OutputChunk chunk) {
                              if (seen.getAndIncrement() == 0) {
                                say("flows");
                              }
                            }
                          }));
      say(outcome.kind() + " " + outcome.stdout().size());
    }

    private static void say(Object line) {
      System.out.println(line);
      System.out.flush();
    }
  }
}
