package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.cli.Command.Result;
import dev.pyvisor.contract.backend.Alone;
import dev.pyvisor.contract.backend.BubblewrapBackend;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A program whose cell hangs, seen from another process. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 90, why = "a command is a JVM and a Python of its own, and one may have 60 s")
class DoctorHangTest {
  private static final Pattern REPORT = Pattern.compile("report   (\\S+)");
  private static final String CELL =
      "import sys\ndef spin():\n    while True: pass\nprint('begun', flush=True)\nspin()";

  @TempDir Path scratch;
  private Process hanging;

  @BeforeEach
  void hang() throws IOException {
    hang("process");
  }

  private void hang(String launcher) throws IOException {
    hanging = Command.start(scratch, "exec", "--launcher", launcher, "-c", CELL);
    BufferedReader said =
        new BufferedReader(new InputStreamReader(hanging.getInputStream(), StandardCharsets.UTF_8));
    assertThat(said.readLine()).isEqualTo("begun");
  }

  @AfterEach
  void end() throws InterruptedException {
    signal("CONT");
    hanging.toHandle().destroyForcibly();
    hanging.waitFor();
  }

  @Test
  void the_line_of_the_cell_is_named_and_the_jvms_own_stacks_are_in_the_folder() throws Exception {
    Result result = Command.run("doctor", "--hang", Long.toString(hanging.pid()));

    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.out()).contains("jvm      " + hanging.pid());
    assertThat(result.out()).containsPattern("verdict  (running|gil): .*<cell 1>");
    Path folder = folder(result);
    assertThat(Files.readString(folder.resolve("python-stacks.txt"))).contains("line 3 in spin");
    assertThat(Files.readString(folder.resolve("java-stacks.txt"))).contains("ExecCommand");
    assertThat(Files.readString(folder.resolve("pending.txt"))).contains("execute cell 1");
    assertThat(hanging.isAlive()).isTrue();
  }

  /** Alone: it asks the JVMs of other tests, too. */
  @Test
  @Alone
  void without_a_process_id_every_such_jvm_of_the_user_is_asked() throws Exception {
    Result result = Command.run("doctor", "--hang");

    assertThat(result.out()).contains("jvm      " + hanging.pid());
  }

  @Test
  void a_jvm_that_does_not_answer_is_looked_at_from_outside() throws Exception {
    signal("STOP");
    Result result = Command.run("doctor", "--hang", Long.toString(hanging.pid()));

    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("stopped: the JVM (process " + hanging.pid() + ") is stopped")
        .contains("<cell 1> line 3")
        .contains("the JVM did not answer within");
    assertThat(scratch).isEmptyDirectory();
    assertThat(Files.readString(folder(result).resolve("python-stacks.txt")))
        .contains("line 3 in spin");
  }

  /** The numbers and the names of files that a sandbox has are its own. */
  @Test
  void what_hangs_in_bubblewrap_is_looked_at_from_outside() throws Exception {
    Optional<String> obstacle = new BubblewrapBackend.Pipe().obstacle();
    assumeTrue(obstacle.isEmpty(), () -> "no bubblewrap here: " + obstacle.orElse(""));
    end();
    hang("bubblewrap");
    signal("STOP");
    Result result = Command.run("doctor", "--hang", Long.toString(hanging.pid()));

    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("<cell 1> line 3")
        .containsPattern("the supervisor, process \\d+");
    assertThat(Files.readString(folder(result).resolve("python-stacks.txt")))
        .contains("line 3 in spin");
    assertThat(Files.readString(folder(result).resolve("proc.txt"))).doesNotContain("(bwrap)");
  }

  @Test
  void a_process_without_a_client_is_an_error_that_says_so() throws Exception {
    Process other = new ProcessBuilder("sleep", "60").start();
    try {
      Result result = Command.run("doctor", "--hang", Long.toString(other.pid()));
      assertThat(result.status()).isEqualTo(3);
      assertThat(result.err()).contains("process " + other.pid() + " has no Pyvisor client");
      assertThat(other.isAlive()).as("it was not signalled").isTrue();
    } finally {
      other.toHandle().destroyForcibly();
    }
  }

  @Test
  void a_process_that_does_not_exist_is_an_error_with_the_fix() throws Exception {
    Result result = Command.run("doctor", "--hang", "4194303");
    assertThat(result.status()).isEqualTo(3);
    assertThat(result.err()).contains("there is no process 4194303; jps -l");
  }

  private static Path folder(Result result) {
    Matcher report = REPORT.matcher(result.out());
    assertThat(report.find()).as(result.out()).isTrue();
    return Path.of(report.group(1));
  }

  private void signal(String name) throws InterruptedException {
    try {
      Process kill = new ProcessBuilder("sh", "-c", "kill -" + name + " " + hanging.pid()).start();
      kill.waitFor();
    } catch (IOException e) {
      throw new AssertionError("no shell", e);
    }
  }
}
