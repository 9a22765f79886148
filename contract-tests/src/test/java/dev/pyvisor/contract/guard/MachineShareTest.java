package dev.pyvisor.contract.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.pyvisor.contract.load.BusyLoops;
import dev.pyvisor.contract.load.Interpreters;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class MachineShareTest {
  @Test
  void what_others_took_is_missing() {
    assertThat(MachineShare.of(1000, 0, 250)).isCloseTo(0.25, within(1e-9));
  }

  @Test
  void an_idle_machine_and_one_that_we_keep_busy_are_ours() {
    assertThat(MachineShare.of(1000, 900, 100)).isEqualTo(1);
    assertThat(MachineShare.of(1000, 0, 1000)).isEqualTo(1);
    assertThat(MachineShare.of(0, 0, 0)).isEqualTo(1);
  }

  /** Ticks of ours that no clock of the machine has yet must not make it more than all. */
  @Test
  void it_is_never_more_than_all() {
    assertThat(MachineShare.of(100, 0, 130)).isEqualTo(1);
  }

  /** However busy others are: what our own loops got was there for us. */
  @Test
  void the_loops_of_a_test_are_ours() {
    try (BusyLoops busy = BusyLoops.start(Interpreters.standard(), Duration.ofSeconds(60))) {
      MachineShare share = MachineShare.since();
      long before = ticksOfChildren();
      long begin = System.nanoTime();
      long spent = 0;
      while (spent < 50) {
        spent = ticksOfChildren() - before;
      }
      double here = share.get();
      double seconds = (System.nanoTime() - begin) / 1e9;
      int cores = Runtime.getRuntime().availableProcessors();
      assertThat(busy.count()).isGreaterThanOrEqualTo(cores);
      // A tick is a hundredth of a second; a fifth is left to the rounding of each process's clock.
      assertThat(here).isBetween(0.8 * spent / (100 * cores * seconds), 1.0);
      assertThat(share.scaled(Duration.ofSeconds(10))).isLessThanOrEqualTo(Duration.ofSeconds(10));
    }
  }

  private static long ticksOfChildren() {
    return ProcFs.descendants()
        .map(child -> ProcFs.read(child.pid(), "stat").orElse(""))
        .filter(stat -> !stat.isEmpty())
        .map(stat -> stat.substring(stat.lastIndexOf(')') + 2).split(" "))
        .mapToLong(words -> Long.parseLong(words[11]) + Long.parseLong(words[12]))
        .sum();
  }
}
