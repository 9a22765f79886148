package dev.pyvisor.transport.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import dev.pyvisor.transport.RunnerTag;
import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.TransportConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a launcher's runner is told of limits, and what is made for it and removed again. */
@Timeout(20)
class HeldLauncherTest {
  private static final ResourceLimits ALL =
      ResourceLimits.none()
          .withMemory(64 << 20)
          .withCpuTime(Duration.ofMillis(1_500))
          .withProcesses(7)
          .withOpenFiles(256)
          .withFileSize(4)
          .withWorkspace(5);
  private static final String REST = "open-files=256 file-size=4 workspace=5";

  @TempDir Path folder;

  private Path root;
  private Path membership;

  /** Starts a shell in which a test looks at what it was given. */
  private record Given(Launcher kind, List<String> command) implements RunnerLauncher {
    @Override
    public Optional<String> obstacle() {
      return Optional.empty();
    }

    @Override
    public LaunchPlan plan(RunnerStart start) {
      return new LaunchPlan(
          command,
          start.environment(),
          start.directory(),
          kind == Launcher.PROCESS ? Remains.NONE : Remains.DIRECTORY);
    }
  }

  @BeforeEach
  void begin() throws IOException {
    root = Files.createDirectory(folder.resolve("cgroup"));
    membership = folder.resolve("membership");
    Files.writeString(membership, "");
  }

  private void version1() throws IOException {
    for (String controller : List.of("memory", "pids")) {
      Files.createDirectory(root.resolve(controller));
      Files.writeString(root.resolve(controller).resolve("cgroup.procs"), "");
    }
    Files.writeString(membership, "1:memory:/\n2:pids:/\n");
  }

  private void version2() throws IOException {
    Files.writeString(root.resolve("cgroup.controllers"), "memory pids\n");
    Files.writeString(root.resolve("cgroup.subtree_control"), "memory pids\n");
    Files.writeString(root.resolve("cgroup.procs"), "");
    Files.writeString(membership, "0::/\n");
  }

  private LaunchPlan plan(Launcher kind, ResourceLimits limits, String... command) {
    Sandbox sandbox =
        new Sandbox(
            Optional.of(kind), Optional.empty(), Optional.empty(), Optional.empty(), limits);
    TransportConfig config = Configs.of(folder, Optional.empty(), sandbox);
    RunnerStart start =
        new RunnerStart(config, List.of(), Map.of("A", "b"), folder, Optional.empty());
    return new HeldLauncher(new Given(kind, List.of(command)), new ControlGroups(root, membership))
        .plan(start);
  }

  private static String told(LaunchPlan plan) {
    return plan.environment().get(RunnerTag.ALLOWANCE);
  }

  private List<Path> made() throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(path -> path.getFileName().toString().startsWith("pyvisor-")).toList();
    }
  }

  @Test
  void without_limits_nothing_is_said_and_nothing_made() throws IOException {
    version1();
    LaunchPlan plan = plan(Launcher.PROCESS, ResourceLimits.none(), "/bin/true");

    assertThat(plan.command()).containsExactly("/bin/true");
    assertThat(plan.environment()).containsExactly(Map.entry("A", "b"));
    assertThat(made()).isEmpty();
  }

  @Test
  void in_version_1_each_controller_has_a_group_of_its_own() throws IOException {
    version1();
    LaunchPlan plan = plan(Launcher.PROCESS, ALL, "/bin/true");

    assertThat(told(plan))
        .isEqualTo(
            "memory=67108864/group cpu-ms=1500 processes=7/group "
                + REST
                + " join=6 join=7 count=8");
    Path memory =
        made().stream().filter(path -> path.toString().contains("memory")).toList().get(0);
    Path pids = made().stream().filter(path -> path.toString().contains("pids")).toList().get(0);
    assertThat(memory.resolve("memory.limit_in_bytes")).hasContent("67108864");
    assertThat(memory.resolve("memory.memsw.limit_in_bytes")).doesNotExist();
    assertThat(pids.resolve("pids.max")).hasContent("7");
    assertThat(plan.command())
        .containsExactly(
            "/bin/sh",
            "-c",
            "exec 6>\"$1\" 7>\"$2\" 8<\"$3\" && shift 3 && exec \"$@\"",
            "pyvisor",
            memory.resolve("cgroup.procs").toString(),
            pids.resolve("cgroup.procs").toString(),
            memory.resolve("memory.oom_control").toString(),
            "/bin/true");
  }

  @Test
  void in_version_2_one_group_holds_both() throws IOException {
    version2();
    LaunchPlan plan = plan(Launcher.BUBBLEWRAP, ALL, "/bin/true");

    assertThat(told(plan)).contains("memory=67108864/group").endsWith(REST + " join=6 count=7");
    assertThat(made()).hasSize(1);
    Path group = made().get(0);
    assertThat(group.resolve("memory.max")).hasContent("67108864");
    assertThat(group.resolve("pids.max")).hasContent("7");
    assertThat(plan.command()).contains(group.resolve("memory.events").toString());
  }

  @Test
  void what_is_limited_alone_has_no_counter_of_memory() throws IOException {
    version2();
    LaunchPlan plan = plan(Launcher.PROCESS, ResourceLimits.none().withProcesses(7), "/bin/true");
    assertThat(told(plan)).isEqualTo("processes=7/group join=6");
  }

  @Test
  void without_groups_the_runner_is_to_hold_each_process_to_it() throws IOException {
    LaunchPlan plan = plan(Launcher.PROCESS, ALL, "/bin/true");

    assertThat(told(plan)).isEqualTo("memory=67108864 cpu-ms=1500 processes=7 " + REST);
    assertThat(plan.command()).containsExactly("/bin/true");
  }

  @Test
  void a_container_holds_memory_and_processes_itself() throws IOException {
    version2();
    LaunchPlan plan = plan(Launcher.PODMAN, ALL, "/bin/true");

    assertThat(told(plan))
        .isEqualTo("memory=67108864/outside cpu-ms=1500 processes=7/outside " + REST);
    assertThat(made()).isEmpty();
  }

  @Test
  void behind_a_killed_host_the_groups_of_a_sandbox_are_removed_by_what_stands_in_for_it()
      throws Exception {
    version1();
    LaunchPlan plan = plan(Launcher.BUBBLEWRAP, ALL, "/bin/true");
    List<String> will = plan.remains().will().orElseThrow();
    for (Path group : made()) {
      try (Stream<Path> files = Files.list(group)) {
        files.forEach(file -> assertThat(file.toFile().delete()).isTrue()); // as the system's go
      }
    }
    Process process = new ProcessBuilder(will).start();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(made()).isEmpty();
    assertThat(plan(Launcher.PROCESS, ALL, "/bin/true").remains().will()).isEmpty();
  }

  @Test
  void the_files_are_open_in_what_is_started() throws Exception {
    version1();
    LaunchPlan plan =
        plan(
            Launcher.PROCESS, ALL, "/bin/sh", "-c", "echo 0 >&6; echo 0 >&7; echo \"$0\" <&8", "x");
    for (Path group : made()) {
      Files.writeString(group.resolve("memory.oom_control"), "oom_kill 0");
    }
    Process process = plan.builder().start();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    for (Path group : made()) {
      assertThat(group.resolve("cgroup.procs")).hasContent("0");
    }
  }

  @Test
  void groups_of_another_process_with_this_ones_number_are_left_alone() throws IOException {
    version2();
    plan(Launcher.PROCESS, ALL, "/bin/true");
    String[] name = made().get(0).getFileName().toString().split("-");
    long next = Long.parseLong(name[2]) + 1;
    Path others = Files.createDirectory(root.resolve("pyvisor-" + name[1] + "-" + next));
    plan(Launcher.PROCESS, ALL, "/bin/true");

    assertThat(made()).hasSize(3);
    assertThat(others).isEmptyDirectory();
  }

  @Test
  void a_group_that_a_killed_host_left_is_removed_and_that_of_a_living_one_is_not()
      throws IOException {
    version2();
    Instant longAgo = Instant.now().minus(Duration.ofHours(1));
    long self = ProcessHandle.current().pid();
    Path left = Files.createDirectory(root.resolve("pyvisor-4194999-1"));
    Path young = Files.createDirectory(root.resolve("pyvisor-4194999-2"));
    Path living = Files.createDirectory(root.resolve("pyvisor-" + self + "-99"));
    Path another = Files.createDirectory(root.resolve("pyvisor-test-1"));
    for (Path group : List.of(left, living, another)) {
      Files.setLastModifiedTime(group, FileTime.from(longAgo));
    }
    plan(Launcher.PROCESS, ALL, "/bin/true");

    assertThat(left).doesNotExist();
    assertThat(List.of(young, living, another)).allMatch(Files::exists);
  }
}
