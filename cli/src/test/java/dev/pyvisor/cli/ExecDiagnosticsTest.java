package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.cli.Command.Result;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code --verbose} and {@code --debug-log}. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 90, why = "a command is a JVM and a Python of its own, and one may have 60 s")
class ExecDiagnosticsTest {
  @TempDir Path scratch;

  @Test
  void what_cells_do_is_told_on_standard_error_and_standard_output_stays_what_it_is()
      throws Exception {
    Result result =
        Command.run(
            "exec",
            "--json",
            "--verbose",
            "--demo-tools",
            "-c",
            "print(await add(2, 3))",
            "-c",
            "print('\u001b[2J so far')\nraise ValueError('no good')");

    assertThat(result.err())
        .isEqualTo(
            """
            Tool: add({"args": [2, 3]})
            Tool: add returned
            5
            cell 1 completed
            \\u001b[2J so far
            error (ValueError): no good
            cell 2 raised
            """);
    assertThat(result.out().lines()).hasSize(2).allMatch(line -> line.startsWith("{\"cell\":"));
    assertThat(result.status()).isEqualTo(1);
  }

  @Test
  void a_log_is_kept_where_it_is_asked_for_and_nothing_is_told_of_it() throws Exception {
    Path log = scratch.resolve("debug.log");
    Result result = Command.run("exec", "--debug-log", log.toString(), "-c", "print('hi')");

    assertThat(result.out()).isEqualTo("hi\n");
    assertThat(result.err()).isEmpty();
    assertThat(Files.readString(log)).contains("\"event\":\"cell.end\"");
  }

  @Test
  void a_log_that_cannot_be_kept_costs_one_warning() throws Exception {
    Result result = Command.run("exec", "--debug-log", scratch.toString(), "-c", "print('hi')");

    assertThat(result.out()).isEqualTo("hi\n");
    assertThat(result.err().lines()).hasSize(1).first().asString().contains("is no regular file");
    assertThat(result.status()).isZero();
  }
}
