package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.cli.Command.Result;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code pyvisor exec --backend stdio}. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 90, why = "a command is a JVM and a Python of its own, and one may have 60 s")
class ExecStdioTest {
  private static final Path STRANGER =
      Command.ROOT.resolve("contract-tests/src/test/resources/stubs/legacy_supervisor.py");

  @TempDir Path scratch;

  @Test
  void cells_run_over_the_old_dialect_and_one_line_says_that_it_goes() throws Exception {
    // An interpreter that runs a stranger's supervisor, whatever it is asked to run.
    Path python = scratch.resolve("python3");
    Files.writeString(
        python, "#!/bin/sh\nexec " + Command.python() + " -I '" + STRANGER + "' \"$@\"\n");
    Files.setPosixFilePermissions(python, PosixFilePermissions.fromString("rwx------"));

    Result result =
        Command.run(
            scratch,
            "",
            "exec",
            "--backend",
            "stdio",
            "--python",
            python.toString(),
            "--demo-tools",
            "-c",
            "x = 40; import os; print(os.getcwd() == '" + scratch.toRealPath() + "')",
            "-c",
            "print(x + 2, await add(1, 2), 'é')");

    assertThat(result.out()).isEqualTo("True\n42 3 é\n");
    assertThat(result.status()).isZero();
    assertThat(
            result.err().lines().filter(line -> line.contains("the backend stdio is deprecated")))
        .hasSize(1);
  }

  @Test
  void the_command_lists_the_backends_that_it_has() throws Exception {
    Result result = Command.run("exec", "--backend", "telepathy", "-c", "1");
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.err()).contains("'telepathy' is unknown; usable: pipe, stdio");
  }
}
