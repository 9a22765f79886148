package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.backend.PodmanBackend;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.error.LaunchFailed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Containers: what they are called, what refuses to make one, and that none is left. */
@ExtendWith({Census.class, HangReport.class})
@Limit(
    seconds = 90,
    why = "a command of podman takes seconds on a busy machine, and each test has several")
class PodmanEndsTest {
  /** The design says two seconds; a loaded machine gets as much again, and podman its own time. */
  private static final Duration LIMIT = Duration.ofSeconds(6);

  /** Where the host has its private directory, which it cannot remove itself. */
  @TempDir Path folder;

  @BeforeEach
  void podman_can_be_used() {
    Optional<String> obstacle = new PodmanBackend.Pipe().obstacle();
    assumeTrue(obstacle.isEmpty(), () -> "no podman here: " + obstacle.orElse(""));
  }

  private static SupervisorClient.Builder client(String backend) {
    return PodmanBackend.inPodman(SupervisorClient.builder().backend(backend));
  }

  @Test
  @Rule({"C87", "H21", "H24", "LIF-9"})
  void no_container_and_no_directory_outlives_a_host_that_is_killed() throws Exception {
    killed("pipe");
  }

  @Test
  @Rule({"C87", "H21", "H24", "LIF-9"})
  void the_same_holds_for_a_host_that_had_a_link_to_its_container() throws Exception {
    killed("websocket");
  }

  private void killed(String backend) throws Exception {
    try (HostProcess host = HostProcess.start(folder, Host.class, backend)) {
      String container = host.line();
      assertThat(containers()).contains(container);
      assertThat(host.privateDirectories()).hasSize(1);

      long start = System.nanoTime();
      host.kill();
      Awaitility.await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(20))
          .atMost(LIMIT)
          .until(() -> host.privateDirectories().isEmpty() && !containers().contains(container));
      Evidence.record(
          "from SIGKILL of the host to the end of its container and directory, " + backend,
          List.of("LIF-9"),
          Duration.ofNanos(System.nanoTime() - start).toMillis() + " ms",
          Counts.always(1));
    }
  }

  @Test
  @Rule({"H21", "H26", "LIF-9"})
  void no_container_outlives_a_supervisor_that_is_killed() throws IOException {
    try (SupervisorClient client = OpenClients.open(client("pipe"))) {
      String first = "pyvisor-" + client.runner().runnerId();
      assertThat(containers()).contains(first);
      assertThat(client.session().execute(InBubblewrap.ESCAPEES).stdoutText()).isEqualTo("ready\n");
      Processes.kill(client.runner().pid());
      // podman tells the end some time after it: until then a cell may still be for the old one.
      Awaitility.await()
          .atMost(LIMIT)
          .until(() -> client.session().execute("print(1)").stdoutText().equals("1\n"));
      assertThat("pyvisor-" + client.runner().runnerId()).isNotEqualTo(first);
      Awaitility.await().atMost(LIMIT).until(() -> !containers().contains(first));
    }
  }

  @Test
  @Rule({"C160", "C164", "LIF-9"})
  @Limit(seconds = 1500, why = "two hundred containers, one after the other, in the tier full")
  void each_runner_has_a_container_of_its_own_name_and_none_is_left_after_many()
      throws IOException {
    Counts cycles = Counts.of(3, 20, 200);
    for (int cycle = 0; cycle < cycles.now(); cycle++) {
      String name;
      try (SupervisorClient client = OpenClients.open(client("pipe"))) {
        name = "pyvisor-" + client.runner().runnerId();
        assertThat(containers()).contains(name);
        assertThat(client.session().execute("print(6 * 7)").stdoutText()).isEqualTo("42\n");
      }
      assertThat(containers()).doesNotContain(name);
    }
    Evidence.record(
        "containers left after opening and closing clients",
        List.of("LIF-9"),
        "0 of " + cycles.now(),
        cycles);
  }

  @Test
  @Rule({"C162", "C168"})
  void an_image_that_is_not_there_is_told_with_what_would_fetch_it_and_none_is_fetched() {
    assertThatThrownBy(() -> client("pipe").image("localhost/no-such-image").open().close())
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("there is no image 'localhost/no-such-image' here")
        .hasMessageContaining("podman pull localhost/no-such-image");
    assertThatThrownBy(() -> client("pipe").python(Path.of("/usr/bin/python9")).open().close())
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("/usr/bin/python9");
    assertThatThrownBy(() -> client("pipe").containerOptions("--no-such-option").open().close())
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("no-such-option");
  }

  @Test
  void a_variable_is_handed_over_by_a_file_that_is_no_argument_and_not_seen_inside() {
    try (SupervisorClient client =
        OpenClients.open(client("pipe").environment("SECRET", "s3cret = 'x' # y"))) {
      assertThat(
              client
                  .session()
                  .execute(
                      """
                      import os
                      print(os.environ['SECRET'])
                      print(sorted(os.listdir(os.environ['PYVISOR_DIR'] + '/..')))
                      """)
                  .stdoutText())
          .isEqualTo("s3cret = 'x' # y\n['runner']\n");
      assertThat(ProcessHandle.current().descendants())
          .noneMatch(process -> process.info().commandLine().orElse("").contains("s3cret"));
    }
    assertThatThrownBy(() -> client("pipe").environment("A", "b\nc").open().close())
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("the variable A has a line break");
  }

  private static List<String> containers() throws IOException {
    Process podman = new ProcessBuilder("podman", "ps", "--all", "--format", "{{.Names}}").start();
    return new String(podman.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
        .lines()
        .toList();
  }

  /** The program that is killed: its code ignores all signals and has started others. */
  static final class Host {
    private Host() {}

    /** Prints the name of its container, then runs an endless cell. */
    public static void main(String[] arguments) {
      SupervisorClient client = PodmanEndsTest.client(arguments[0]).open();
      client.session().execute(InBubblewrap.ESCAPEES);
      System.out.println("pyvisor-" + client.runner().runnerId());
      System.out.flush();
      client
          .session()
          .execute(
              """
              import signal
              for number in range(1, 32):
                  try:
                      signal.signal(number, signal.SIG_IGN)
                  except (OSError, ValueError):
                      pass
              while True: pass
              """);
    }
  }
}
