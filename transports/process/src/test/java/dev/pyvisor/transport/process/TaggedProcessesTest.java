package dev.pyvisor.transport.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.transport.RunnerTag;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a sweep by the runner's tag finds. */
class TaggedProcessesTest {
  private final String runnerId = UUID.randomUUID().toString();
  private final List<Process> started = new ArrayList<>();

  private Process start(String... command) throws IOException {
    Process process = new ProcessBuilder(command).start();
    started.add(process);
    return process;
  }

  @AfterEach
  void end_them() throws InterruptedException {
    for (Process process : started) {
      process.toHandle().destroyForcibly();
      process.waitFor();
    }
  }

  @Test
  void one_that_carries_the_tag_is_killed_and_another_is_not() throws Exception {
    Process tagged = start("/usr/bin/env", RunnerTag.NAME + "=" + runnerId, "/bin/sleep", "60");
    Process other =
        start("/usr/bin/env", RunnerTag.NAME + "=" + runnerId + "x", "/bin/sleep", "60");
    assertThat(sweepUntilEnded(tagged)).isTrue();
    assertThat(other.isAlive()).isTrue();
  }

  @Test
  void one_that_does_not_show_its_environment_yet_is_waited_for() throws Exception {
    // Without any variable, as a program is for a moment whose place another takes just now.
    Process becoming =
        start(
            "/usr/bin/env",
            "-i",
            "/bin/sh",
            "-c",
            "echo; /bin/sleep 0.05; export "
                + RunnerTag.NAME
                + "="
                + runnerId
                + "; exec /bin/sleep 60");
    becoming.getInputStream().read(); // from here on it has none
    assertThat(TaggedProcesses.sweep(runnerId, List.of())).isEmpty();
    assertThat(becoming.waitFor(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void one_that_never_has_a_variable_costs_half_a_second_and_is_left_alone() throws Exception {
    Process bare = start("/usr/bin/env", "-i", "/bin/sh", "-c", "echo; read line");
    bare.getInputStream().read();
    long begin = System.nanoTime();
    assertThat(TaggedProcesses.sweep(runnerId, List.of())).isEmpty();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
    assertThat(bare.isAlive()).isTrue();
  }

  private boolean sweepUntilEnded(Process process) throws InterruptedException {
    for (int tries = 0; process.isAlive() && tries < 1_000; tries++) {
      TaggedProcesses.sweep(runnerId, List.of());
      process.waitFor(10, TimeUnit.MILLISECONDS);
    }
    return !process.isAlive();
  }
}
