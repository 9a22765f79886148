package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Heavy;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.guard.Limit;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The kernel is killed at a moment drawn by lot, while cells write lines to a file, call tools and
 * print. What is told of each is held against the file.
 */
@Needs({Capability.CHECKPOINTS, Capability.EVIDENCE})
@Heavy(why = "up to two hundred kills under load")
public interface KillContract extends RunnerContract {
  @Test
  @Limit(seconds = 600, why = "two hundred kills in the full count, each under a load of cells")
  @Rule({"H19", "H40", "H42", "SES-10", "SES-11", "LIF-7", "LIF-18"})
  default void a_kill_at_any_moment_settles_every_call_once_and_truthfully(@TempDir Path folder)
      throws Exception {
    Counts counts = Counts.of(12, 60, 200);
    long seed = Long.getLong("pyvisor.seed", System.nanoTime());
    System.out.println("seed " + seed + "; again by -Dpyvisor.seed=" + seed);
    KilledLoad load =
        new KilledLoad(
            client().workspace(workspace(folder)), folder.resolve("marks.txt"), new Random(seed));
    try (SupervisorClient client = load.client) {
      for (int i = 0; i < counts.now(); i++) {
        load.round();
      }
      assertThat(load.changes).as("a change of generation for each kill, and no more").isEmpty();
      assertThat(client.counters().expiredToolCalls()).isZero();
      assertThat(client.counters().leakedToolThreads()).isZero();
      assertThat(client.counters().ignoredNotifications()).isZero();
    }
    load.losses.forEach(System.out::println);
    Evidence.record(
        "from SIGKILL of a kernel under load to the next generation told",
        List.of("H19", "H40"),
        load.takeovers.summary() + "; cells " + load.fates + "; states after " + load.sources,
        counts,
        seed);
  }
}
