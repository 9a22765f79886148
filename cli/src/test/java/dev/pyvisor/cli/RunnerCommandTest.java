package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.cli.Command.Result;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.runner.RunnerPayload;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The runner as a file of its own. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 120, why = "a command is a JVM and a Python of its own, and one may have 60 s")
class RunnerCommandTest {
  @TempDir Path scratch;

  @Test
  void what_is_exported_is_the_payload_byte_for_byte_and_its_digest_is_told() throws Exception {
    Path file = Files.writeString(scratch.resolve("runner.pyz"), "what was there before");

    Result result = Command.run(scratch, "", "runner", "export", "runner.pyz");

    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.err()).isEmpty();
    byte[] written = Files.readAllBytes(file);
    assertThat(written).isEqualTo(RunnerPayload.bytes());
    String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(written));
    assertThat(result.out()).isEqualTo("runner.pyz  sha256 " + digest + "\n");
  }

  /** As a container or a pod would start it, with no package beside it. */
  @Test
  void what_is_exported_runs_cells_by_itself() throws Exception {
    Path file = scratch.resolve("runner.pyz");
    assertThat(Command.refused("runner", "export", file.toString()).status()).isZero();

    Result cells =
        Command.run(
            scratch,
            "",
            "exec",
            "--launcher",
            "command",
            "--set",
            "launch-command=%s -I -S %s ${arguments}".formatted(Command.python(), file),
            "-c",
            "x = 41",
            "-c",
            "print(x + 1)");
    assertThat(cells.status()).as(cells.err()).isZero();
    assertThat(cells.out()).isEqualTo("42\n");

    Process bare = bare(file);
    assertThat(new String(bare.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains("usage: runner.pyz supervisor");
    assertThat(bare.waitFor()).isEqualTo(64);
  }

  private static Process bare(Path file) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(Command.python(), "-I", "-S", file.toString()).redirectErrorStream(true);
    builder.environment().clear();
    return builder.start();
  }

  @Test
  void where_it_cannot_be_written_is_named_and_nothing_is_said_on_standard_output()
      throws Exception {
    Path file = Files.writeString(scratch.resolve("file"), "kept");
    assertRefused(scratch, scratch + " is a directory; name the file");
    assertRefused(scratch.resolve("none/runner.pyz"), scratch.resolve("none") + " is no directory");
    assertRefused(file.resolve("runner.pyz"), file + " is no directory");
    assertRefused(Path.of("/dev/full"), "/dev/full: No space left on device");
    assertThat(file).hasContent("kept");
    Result none = Command.refused("runner", "export");
    assertThat(none.status()).isEqualTo(2);
    assertThat(none.err()).contains("FILE");
  }

  private static void assertRefused(Path target, String message) {
    Result result = Command.refused("runner", "export", target.toString());
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains(message).doesNotContain("\tat ");
  }
}
