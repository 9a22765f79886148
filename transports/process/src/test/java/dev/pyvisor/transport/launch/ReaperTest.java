package dev.pyvisor.transport.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What stands in for a host that is killed.
 *
 * <p>Confined to one thread.
 */
class ReaperTest {
  private static final long PATIENCE_SECONDS = 30;

  @TempDir Path folder;

  @Test
  void whatEndsAHostByASignalToItsWholeGroupDoesNotEndWhatCleansUpBehindIt() throws Exception {
    Path directory = Files.createDirectory(folder.resolve("private"));
    Path seen = folder.resolve("seen");
    List<String> will = List.of("/bin/sh", "-c", "echo will > \"$0\"", seen.toString());
    Process reaper = begun(directory, will);
    for (String signal : List.of("HUP", "INT", "QUIT", "TERM")) {
      run(List.of("/bin/sh", "-c", "kill -s " + signal + " " + reaper.pid()));
    }
    reaper.getOutputStream().close();
    assertThat(reaper.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(seen).hasContent("will");
    assertThat(directory).doesNotExist();
  }

  /** One that has begun to wait: until then it is a process like any other. */
  private static Process begun(Path directory, List<String> will)
      throws IOException, InterruptedException {
    Process reaper = new ProcessBuilder(Reaper.command(directory, will)).start();
    Path ignored = Path.of("/proc", Long.toString(reaper.pid()), "status");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (Files.readString(ignored).lines().noneMatch(line -> ignores(line))) {
      assertThat(System.nanoTime()).as("it ignores no signal").isLessThan(end);
      Thread.onSpinWait();
    }
    return reaper;
  }

  private static boolean ignores(String line) {
    int terminate = 15;
    return line.startsWith("SigIgn:")
        && (Long.parseUnsignedLong(line.substring(7).strip(), 16) >> (terminate - 1) & 1) == 1;
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).start();
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }
}
