package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.backend.BackendUnderTest;
import dev.pyvisor.contract.backend.BubblewrapBackend;
import dev.pyvisor.contract.backend.PipeBackend;
import dev.pyvisor.contract.backend.WebsocketBackend;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.load.Interpreters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Clients that are opened and closed many times, each with a limit, for which the system keeps a
 * group: the census sees what is left of threads, processes, descriptors and directories.
 */
@ExtendWith({Census.class, HangReport.class})
class CyclesTest {
  private static final Path GROUPS = Path.of("/sys/fs/cgroup");
  private static final int DEPTH = 6;

  @TestFactory
  @Rule("LIF-9")
  @Limit(seconds = 900, why = "two hundred clients, one after the other, in the tier full")
  Stream<DynamicTest> nothing_is_left_of_clients_that_were_opened_and_closed() {
    Counts cycles = Counts.of(5, 50, 200);
    return Stream.of(
            new PipeBackend(),
            new WebsocketBackend(),
            new BubblewrapBackend.Pipe(),
            new BubblewrapBackend.Websocket())
        .map(backend -> DynamicTest.dynamicTest(backend.label(), () -> cycle(backend, cycles)));
  }

  private static void cycle(BackendUnderTest backend, Counts cycles) throws IOException {
    Optional<String> obstacle = backend.obstacle();
    assumeTrue(obstacle.isEmpty(), () -> backend.label() + ": " + obstacle.orElse(""));
    List<Path> before = groups();
    for (int cycle = 0; cycle < cycles.now(); cycle++) {
      try (SupervisorClient client =
          OpenClients.open(
              backend
                  .client(Interpreters.standard())
                  .limits(limits -> limits.withMemory(512L << 20)))) {
        assertThat(
                client
                    .session()
                    .execute(
                        "import subprocess; subprocess.Popen(['sleep', '60'],"
                            + " start_new_session=True)\nprint(6 * 7)")
                    .stdoutText())
            .isEqualTo("42\n");
      }
    }
    assertThat(groups()).as("control groups").isEqualTo(before);
    Evidence.record(
        "what is left of clients that were opened and closed, " + backend.label(),
        List.of("LIF-9"),
        "nothing of " + cycles.now(),
        cycles);
  }

  /** Those of this process. */
  private static List<Path> groups() throws IOException {
    String ours = "pyvisor-" + ProcessHandle.current().pid() + "-";
    try (Stream<Path> all =
        Files.find(
            GROUPS,
            DEPTH,
            (path, attributes) ->
                attributes.isDirectory() && path.getFileName().toString().startsWith(ours))) {
      return all.sorted().toList();
    }
  }
}
