package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.Cell;
import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.Tier;
import dev.pyvisor.contract.backend.PodmanBackend;
import dev.pyvisor.contract.backend.RunsFrom;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.launch.KeptContainers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A container that is kept: who gets it, what of it stays, and what of a client does not. */
@ExtendWith({Census.class, HangReport.class})
@Limit(
    seconds = 90,
    why = "a command of podman takes seconds on a busy machine, and each test has a dozen")
class KeptContainerTest {
  private static final String COMMANDS =
      "the commands that are given to podman are held to it without one, too";

  /**
   * The design says two seconds; a loaded machine gets as much again, and each look is a command of
   * podman, which takes three seconds of its own there.
   */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** Six commands of podman, where one that ends with its client has two. */
  private static final Duration START = Duration.ofSeconds(30);

  /** Stops the supervisor, which nobody outside sees from then on. */
  private static final String STOP_THE_SUPERVISOR =
      """
      import os, signal
      for entry in filter(str.isdigit, os.listdir('/proc')):
          try:
              words = open(f'/proc/{entry}/cmdline', 'rb').read()
          except OSError:
              continue  # it has ended
          if b'supervisor' in words:
              os.kill(int(entry), signal.SIGSTOP)
      """;

  private final String name = "kept-" + UUID.randomUUID();

  @TempDir Path folder;

  @BeforeEach
  void podman_can_be_used() {
    Optional<String> obstacle = new PodmanBackend.Pipe().obstacle();
    assumeTrue(obstacle.isEmpty(), () -> "no podman here: " + obstacle.orElse(""));
  }

  @AfterEach
  void nothing_is_left() throws IOException {
    podman("rm", "--force", "--time", "0", "--ignore", name);
    KeptContainers.destroy(Launcher.PODMAN, name);
  }

  private SupervisorClient.Builder client() {
    return client(name);
  }

  private static SupervisorClient.Builder client(String name) {
    return PodmanBackend.inPodman(SupervisorClient.builder().backend("pipe"))
        .startTimeout(START)
        .container(name);
  }

  private static String run(SupervisorClient client, String code) {
    return client.session().execute(code).stdoutText();
  }

  @Test
  @Rule("C165")
  void the_next_client_of_that_name_finds_the_container_and_its_files_but_no_process_and_no_state()
      throws IOException {
    String id;
    try (SupervisorClient first = OpenClients.open(client())) {
      id = id();
      run(first, "open('note', 'w').write('kept'); open('/tmp/note', 'w').write('warm'); x = 1");
      assertThat(first.session().execute(InBubblewrap.ESCAPEES).stdoutText()).isEqualTo("ready\n");
      assertThat(processes()).hasSizeGreaterThan(2);
    }
    assertThat(processes()).as("all but the first one").hasSize(1);
    try (SupervisorClient next = OpenClients.open(client())) {
      assertThat(id()).isEqualTo(id);
      assertThat(
              run(next, "print(open('note').read(), open('/tmp/note').read(), 'x' in globals())"))
          .isEqualTo("kept warm False\n");
    }
  }

  @Test
  @Rule("C165")
  @RunsFrom(tier = Tier.WIDE, why = COMMANDS)
  void one_that_was_stopped_is_started_and_has_lost_what_was_in_memory_only() throws IOException {
    try (SupervisorClient first = OpenClients.open(client())) {
      run(first, "open('note', 'w').write('kept'); open('/tmp/note', 'w').write('warm')");
    }
    String id = id();
    podman("stop", "--time", "5", name);
    try (SupervisorClient next = OpenClients.open(client())) {
      assertThat(id()).isEqualTo(id);
      assertThat(run(next, "import os; print(open('note').read(), os.path.exists('/tmp/note'))"))
          .isEqualTo("kept False\n");
    }
  }

  @Test
  @Rule("C164")
  void one_that_is_stopped_has_no_process_and_keeps_its_files_for_the_next_client()
      throws IOException {
    try (SupervisorClient first = OpenClients.open(client())) {
      run(first, "open('note', 'w').write('kept')");
      assertThatThrownBy(() -> KeptContainers.stop(Launcher.PODMAN, name))
          .isInstanceOf(LaunchFailed.class)
          .hasMessageContaining("'" + name + "' is used by another client");
      assertThat(run(first, "print(1)")).isEqualTo("1\n");
    }
    String id = id();
    assertThat(processes()).hasSize(1);
    KeptContainers.stop(Launcher.PODMAN, name);
    assertThat(status()).isEqualTo("exited");
    KeptContainers.stop(Launcher.PODMAN, name);
    try (SupervisorClient next = OpenClients.open(client())) {
      assertThat(id()).isEqualTo(id);
      assertThat(run(next, "print(open('note').read())")).isEqualTo("kept\n");
    }
    KeptContainers.destroy(Launcher.PODMAN, name);
    KeptContainers.stop(Launcher.PODMAN, name);
  }

  @Test
  @Rule("C165")
  @RunsFrom(tier = Tier.WIDE, why = COMMANDS)
  void one_in_which_nothing_can_be_started_is_made_anew_with_its_files() throws IOException {
    try (SupervisorClient first = OpenClients.open(client())) {
      run(first, "open('note', 'w').write('kept')");
    }
    String id = id();
    podman("pause", name);
    try (SupervisorClient next = OpenClients.open(client())) {
      assertThat(id()).isNotEqualTo(id);
      assertThat(run(next, "print(open('note').read())")).isEqualTo("kept\n");
    }
  }

  @Test
  @Rule("C165")
  @RunsFrom(tier = Tier.WIDE, why = COMMANDS)
  void what_was_started_in_it_meanwhile_is_ended_before_a_runner_is_started() throws IOException {
    OpenClients.open(client()).close();
    podman("exec", "--detach", name, "python3", "-c", "import time; time.sleep(1000)");
    assertThat(processes()).hasSize(2);
    try (SupervisorClient next = OpenClients.open(client())) {
      assertThat(processes()).noneMatch(line -> line.contains("time.sleep(1000)"));
      assertThat(run(next, "print(1)")).isEqualTo("1\n");
    }
  }

  @Test
  @Rule("C163")
  @RunsFrom(tier = Tier.WIDE, why = COMMANDS)
  void a_runner_that_dies_is_followed_by_one_in_the_same_container() throws IOException {
    try (SupervisorClient client = OpenClients.open(client())) {
      run(client, "open('note', 'w').write('kept')");
      String id = id();
      Processes.kill(client.runner().pid());
      Awaitility.await()
          .atMost(LIMIT)
          .until(() -> run(client, "print(open('note').read())").equals("kept\n"));
      assertThat(id()).isEqualTo(id);
    }
  }

  @Test
  @Rule({"C165", "LIF-9"})
  @RunsFrom(tier = Tier.WIDE, why = COMMANDS)
  void what_a_runner_leaves_that_was_killed_is_ended_with_its_client() throws IOException {
    try (SupervisorClient client = OpenClients.open(client().restart(false))) {
      assertThat(run(client, InBubblewrap.ESCAPEES)).isEqualTo("ready\n");
      Processes.kill(client.runner().pid());
      client.exited().join();
    }
    assertThat(processes()).as("all but the first one").hasSize(1);
  }

  @Test
  @Rule("C165")
  @RunsFrom(tier = Tier.WIDE, why = COMMANDS)
  void a_container_that_somebody_else_made_is_neither_used_nor_removed() throws IOException {
    List<String> words = new ArrayList<>(List.of("create", "--name", name));
    words.addAll(List.of("--network=none", PodmanBackend.IMAGE, "python3"));
    podman(words.toArray(String[]::new));
    String id = id();
    assertThatThrownBy(() -> client().open().close())
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("there is a container '" + name + "' that Pyvisor has not made");
    assertThatThrownBy(() -> KeptContainers.destroy(Launcher.PODMAN, name))
        .hasMessageContaining("'" + name + "' is not one that Pyvisor has made");
    assertThat(id()).isEqualTo(id);
  }

  @Test
  @Rule({"C165", "C167"})
  @RunsFrom(tier = Tier.WIDE, why = COMMANDS)
  void one_that_was_made_otherwise_is_refused_with_what_differs_and_how_to_mend_it()
      throws IOException {
    OpenClients.open(client()).close();
    String id = id();
    assertThatThrownBy(
            () -> client().limits(ResourceLimits.none().withProcesses(77)).open().close())
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("limits was '--pids-limit=512' and is now '--pids-limit=77'")
        .hasMessageContaining("KeptContainers.destroy");
    assertThatThrownBy(() -> client().workspace(PodmanBackend.handedOver(folder)).open().close())
        .hasMessageContaining("workspace was '")
        .hasMessageContaining("and is now '" + folder + "'");
    assertThat(id()).isEqualTo(id);
  }

  @Test
  @Rule("C167")
  @RunsFrom(tier = Tier.WIDE, why = COMMANDS)
  void what_only_one_client_could_have_is_refused_before_anything_is_made() throws IOException {
    Path file = Files.writeString(folder.resolve("data"), "x");
    assertThatThrownBy(() -> client().input(file).open().close())
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("inputs are mounts of one client")
        .hasMessageContaining("session.files()");
    assertThatThrownBy(() -> client().backend("websocket").open().close())
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("use the backend pipe with container '" + name + "'");
    assertThatThrownBy(() -> client().launcher(Launcher.BUBBLEWRAP).open().close())
        .isInstanceOf(LaunchFailed.class);
    assertThat(containers()).doesNotContain(name);
  }

  @Test
  @Rule("C165")
  @RunsFrom(tier = Tier.WIDE, why = COMMANDS)
  void a_second_client_is_refused_while_the_first_one_lives_here_or_elsewhere() throws Exception {
    try (SupervisorClient first = OpenClients.open(client())) {
      assertThatThrownBy(() -> client().open().close())
          .isInstanceOf(LaunchFailed.class)
          .hasMessageContaining("'" + name + "' is used by another client");
      assertThatThrownBy(() -> KeptContainers.destroy(Launcher.PODMAN, name))
          .hasMessageContaining("'" + name + "' is used by another client");
      assertThat(run(first, "print(1)")).isEqualTo("1\n");
    }
    try (HostProcess host = HostProcess.start(folder, Host.class, name)) {
      assertThat(host.line()).isEqualTo("ready");
      assertThatThrownBy(() -> client().open().close())
          .hasMessageContaining("'" + name + "' is used by another client");
    }
  }

  @Test
  @Rule({"C165", "LIF-9"})
  void nothing_of_a_host_that_is_killed_is_left_in_it_though_its_code_stopped_the_supervisor()
      throws Exception {
    try (HostProcess host = HostProcess.start(folder, Host.class, name)) {
      assertThat(host.line()).isEqualTo("ready");
      Awaitility.await()
          .atMost(LIMIT)
          .until(() -> podman("top", name, "state", "args").stream().anyMatch(this::isStopped));
      long start = System.nanoTime();
      host.kill();
      Awaitility.await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(20))
          .atMost(LIMIT)
          .until(() -> processes().size() == 1 && host.privateDirectories().isEmpty());
      Evidence.record(
          "from SIGKILL of the host to the end of what it had in a kept container",
          List.of("LIF-9"),
          Duration.ofNanos(System.nanoTime() - start).toMillis() + " ms",
          Counts.always(1));
    }
    try (SupervisorClient next = OpenClients.open(client())) {
      assertThat(run(next, "print(open('note').read())")).isEqualTo("kept\n");
    }
  }

  @Test
  @Rule("C166")
  @RunsFrom(tier = Tier.WIDE, why = COMMANDS)
  void destroying_removes_the_container_and_its_files_and_is_no_error_where_there_is_none()
      throws IOException {
    try (SupervisorClient first = OpenClients.open(client())) {
      run(first, "open('note', 'w').write('kept')");
    }
    KeptContainers.destroy(Launcher.PODMAN, name);
    assertThat(containers()).doesNotContain(name);
    KeptContainers.destroy(Launcher.PODMAN, name);
    try (SupervisorClient next = OpenClients.open(client())) {
      assertThat(run(next, "import os; print(os.listdir())")).isEqualTo("[]\n");
    }
  }

  private String id() throws IOException {
    return podman("container", "inspect", "--format", "{{.Id}}", name).get(0);
  }

  private String status() throws IOException {
    return podman("container", "inspect", "--format", "{{.State.Status}}", name).get(0);
  }

  /**
   * A line for each process inside. Where one ends while podman reads of it, podman says nothing of
   * any, and is asked again.
   */
  private List<String> processes() throws IOException {
    List<String> lines = List.of();
    for (int tries = 0; lines.isEmpty() && tries < 10; tries++) {
      lines = podman("top", name, "pid", "args");
    }
    assertThat(lines).as("what podman says of the processes in %s", name).isNotEmpty();
    return lines.subList(1, lines.size());
  }

  private boolean isStopped(String line) {
    return line.startsWith("T") && line.contains("supervisor");
  }

  private static List<String> containers() throws IOException {
    return podman("ps", "--all", "--format", "{{.Names}}");
  }

  private static List<String> podman(String... words) throws IOException {
    List<String> command = new ArrayList<>(List.of("podman"));
    command.addAll(List.of(words));
    Process podman =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    return new String(podman.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
        .lines()
        .toList();
  }

  /** The program that is killed: its code has started others, and stopped their supervisor. */
  static final class Host {
    private Host() {}

    /** Uses the container of that name, and ends with nobody's help. */
    public static void main(String[] arguments) throws InterruptedException {
      SupervisorClient client = KeptContainerTest.client(arguments[0]).open();
      client.session().execute("open('note', 'w').write('kept')");
      client.session().execute(InBubblewrap.ESCAPEES);
      client.session().start(Cell.of(STOP_THE_SUPERVISOR));
      System.out.println("ready");
      System.out.flush();
      Thread.currentThread().join();
    }
  }
}
