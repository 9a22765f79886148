package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.ResourceLimits;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.sabotage.PatchedRunner;
import dev.pyvisor.transport.launch.ControlGroups;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Limits by control groups, on a machine where this process can make them, and what is refused. */
@ExtendWith({Census.class, HangReport.class})
class PipeLimitsTest {
  private static final Duration AT_ONCE = Duration.ofSeconds(5);

  @TempDir Path folder;

  private static SupervisorClient limited(ResourceLimits limits) {
    return OpenClients.open(Pipe.client().limits(limits));
  }

  /** The groups of this process's runners that are there now. */
  private static List<Path> groups() throws IOException {
    List<Path> found = new ArrayList<>();
    String mine = "pyvisor-" + ProcessHandle.current().pid() + "-";
    try (Stream<Path> all = Files.walk(Path.of("/sys/fs/cgroup"))) {
      all.filter(path -> path.getFileName().toString().startsWith(mine)).forEach(found::add);
    }
    return found;
  }

  private static void assumeGroups() {
    ControlGroups groups = ControlGroups.ofThisMachine();
    assumeTrue(
        groups.memory().isPresent() && groups.processes().isPresent(),
        "this process can make no control groups");
  }

  @Test
  @Rule("H20")
  void memory_that_runs_out_ends_the_kernel_alone_and_is_told_with_limit_and_count()
      throws IOException {
    assumeGroups();
    try (SupervisorClient client = limited(ResourceLimits.none().withMemory(192 << 20))) {
      assertThat(groups()).hasSize(1);
      Session other = client.openSession("other");
      other.execute("kept = 'other'");
      Session session = client.session();
      session.execute("kept = 41");
      for (int times = 1; times <= 2; times++) {
        Outcome outcome =
            session.execute("hoard = []\nfor _ in range(64): hoard.append(bytearray(8 << 20))");
        assertThat(outcome.kind()).isEqualTo(OutcomeKind.CRASHED);
        assertThat(outcome.cause().orElseThrow().text())
            .contains("memory ran out: the code may use 192 MiB")
            .contains("(oom_kill " + times + ")");
        assertThat(session.execute("print(kept)").stdoutText()).isEqualTo("41\n");
      }
      assertThat(other.execute("print(kept)").stdoutText()).isEqualTo("other\n");
    }
    assertThat(groups()).isEmpty();
  }

  @Test
  @Rule("H21")
  void a_fork_bomb_is_held_to_its_number_and_ends_with_its_cell() throws IOException {
    assumeGroups();
    try (SupervisorClient client =
        OpenClients.open(
            Pipe.client()
                .limits(limits -> limits.withProcesses(50))
                .cellTimeout(Duration.ofSeconds(1))
                .interruptGrace(Duration.ofMillis(500)))) {
      Session session = client.session();
      session.execute("kept = 41");
      Outcome bomb =
          session.execute("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass");
      assertThat(bomb.kind()).isEqualTo(OutcomeKind.TIMED_OUT);
      assertThat(session.execute("print(kept)").stdoutText()).isEqualTo("41\n");
      Outcome threads =
          session.execute(
              """
              import threading
              done = threading.Event()
              for _ in range(100):
                  threading.Thread(target=done.wait).start()
              """);
      session.execute("done.set()");
      assertThat(threads.error().orElseThrow().message()).contains("can't start new thread");
    }
    assertThat(groups()).isEmpty();
  }

  @Test
  void the_groups_of_a_runner_that_was_killed_go_with_it_and_what_escaped_into_them_too()
      throws IOException {
    assumeGroups();
    try (SupervisorClient client =
        limited(ResourceLimits.none().withMemory(256 << 20).withProcesses(50))) {
      long before = client.runner().pid();
      List<Path> first = groups();
      assertThat(first).isNotEmpty();
      client.session().execute("import subprocess; subprocess.Popen(['setsid', 'sleep', '60'])");

      ProcessHandle.of(before).ifPresent(ProcessHandle::destroyForcibly);
      Awaitility.await().atMost(AT_ONCE).until(() -> first.stream().noneMatch(Files::exists));

      // The next runner is held to the same.
      Outcome outcome =
          client
              .session()
              .execute("hoard = []\nfor _ in range(64): hoard.append(bytearray(8 << 20))");
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.CRASHED);
    }
    assertThat(groups()).isEmpty();
  }

  @Test
  void a_start_that_fails_leaves_no_group() throws IOException {
    LaunchFailed refused =
        catchThrowableOfType(
            LaunchFailed.class,
            () ->
                Pipe.client(folder.resolve("no-such-python"))
                    .limits(limits -> limits.withMemory(256 << 20))
                    .open());
    assertThat(refused).hasMessageContaining("no-such-python");
    assertThat(groups()).isEmpty();
  }

  @Test
  @Rule("R42")
  void a_runner_that_does_not_know_of_limits_is_refused_before_anything_runs() throws IOException {
    Path payload =
        PatchedRunner.in(
            folder.resolve("old"),
            "allowance.py",
            "Allowance.taken = classmethod(lambda cls, environment: NONE)");

    LaunchFailed refused =
        catchThrowableOfType(
            LaunchFailed.class,
            () ->
                Pipe.client()
                    .payload(payload)
                    .limits(limits -> limits.withFileSize(4096).withWorkspace(4096))
                    .open());

    assertThat(refused)
        .hasMessageContaining("does not hold its code to file-size-limit, workspace-limit");
  }

  @Test
  @Rule("R42")
  void a_limit_that_the_runner_cannot_hold_to_is_refused_with_its_reason() throws Exception {
    Path payload =
        PatchedRunner.in(
            folder.resolve("none"), "cputime.py", "def obstacle():\n    return 'no such timer'");

    LaunchFailed refused =
        catchThrowableOfType(
            LaunchFailed.class,
            () ->
                Pipe.client()
                    .payload(payload)
                    .limits(limits -> limits.withCpuTime(Duration.ofSeconds(1)))
                    .open());

    assertThat(refused)
        .hasMessageContaining("a limit of processor time (1000 ms) cannot be held to here")
        .hasMessageContaining("no such timer");
  }
}
