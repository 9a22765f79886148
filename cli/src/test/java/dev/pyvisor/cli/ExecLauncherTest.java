package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.cli.Command.Result;
import dev.pyvisor.contract.backend.BubblewrapBackend;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What cells of the command reach, by how their runner is started. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 90, why = "a command is a JVM and a Python of its own, and one may have 60 s")
class ExecLauncherTest {
  private static final String WHERE = "import os; print(os.getcwd(), os.getpid() < 10)";

  @TempDir Path folder;

  @BeforeEach
  void bubblewrapIsThere() {
    Optional<String> obstacle = new BubblewrapBackend.Pipe().obstacle();
    assumeTrue(obstacle.isEmpty(), () -> "no bubblewrap here: " + obstacle.orElse(""));
  }

  private static String run(String... options) throws Exception {
    List<String> line = new ArrayList<>(List.of("exec", "-c", WHERE));
    line.addAll(List.of(options));
    Result result = Command.run(line.toArray(String[]::new));
    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.err()).isEmpty();
    return result.out().strip();
  }

  @Test
  void a_plain_process_runs_in_the_current_directory() throws Exception {
    String here = Command.ROOT.toString();
    assertThat(run()).isEqualTo(here + " False");
    assertThat(run("--launcher", "process", "--backend", "websocket")).isEqualTo(here + " False");
  }

  @Test
  void a_sandbox_has_a_directory_of_its_own_unless_one_is_named() throws Exception {
    for (List<String> options :
        List.of(
            List.of("--launcher", "bubblewrap"),
            List.of("--set", "launcher=bubblewrap"),
            List.of("--backend", "websocket"))) {
      assertThat(run(options.toArray(String[]::new))).contains("/workspace-").endsWith(" True");
    }
    Path named = folder.toRealPath();
    assertThat(run("--launcher", "bubblewrap", "--workspace", named.toString()))
        .isEqualTo(named + " True");
  }

  @Test
  void what_a_cell_writes_is_in_the_workspace_and_nowhere_else() throws Exception {
    Path work = Files.createDirectory(folder.resolve("work"));
    Path beside = folder.resolve("beside");
    Result result =
        Command.run(
            "exec",
            "--launcher",
            "bubblewrap",
            "--workspace",
            work.toString(),
            "-c",
            // Where the test's folder is below /tmp, what is beside it lies in the sandbox's own.
            """
            open('in', 'w').write('x')
            try: open('%s', 'w')
            except OSError: pass
            open('/usr/beside', 'w')
            """
                .formatted(beside));
    assertThat(result.status()).isEqualTo(1);
    assertThat(work.resolve("in")).hasContent("x");
    assertThat(beside).doesNotExist();
    assertThat(result.err()).contains("Read-only file system");
  }

  @Test
  void what_is_for_another_launcher_is_refused_with_the_fix() throws Exception {
    Result result =
        Command.run("exec", "--launcher", "bubblewrap", "--image", "python:3", "-c", "1");
    assertThat(result.status()).isNotZero();
    assertThat(result.err()).contains("image 'python:3' is for the launcher docker or podman");
  }

  @Test
  void the_doctor_says_of_each_launcher_whether_it_can_be_used() throws Exception {
    Result result = Command.run("doctor");
    assertThat(result.out())
        .contains("process     usable; isolates nothing")
        .containsPattern("bubblewrap +usable\\n")
        .containsPattern("podman +(usable|not usable: .+)\\n")
        .containsPattern("docker +(usable|not usable: .+)\\n");
  }
}
