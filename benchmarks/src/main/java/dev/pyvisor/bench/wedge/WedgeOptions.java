package dev.pyvisor.bench.wedge;

import dev.pyvisor.bench.BenchLimits;
import dev.pyvisor.bench.BenchOptions.Phase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * What to try.
 *
 * @param python the interpreter; empty: {@code python3} of the path
 * @param runs of each broken form at each size of pipes
 * @param rounds of twelve calls for Pyvisor, of each kind
 * @param pairs of lines for the count of lost wake-ups
 * @param silence for how long nothing may move before it is called a wedge
 * @param phases in which Pyvisor runs and wake-ups are counted
 */
public record WedgeOptions(
    Optional<Path> python, int runs, int rounds, int pairs, Duration silence, Set<Phase> phases) {

  /** Five runs, ten rounds, 400 pairs, two seconds of silence, idle and busy. */
  public static final WedgeOptions DEFAULT =
      new WedgeOptions(
          Optional.empty(), 5, 10, 400, Duration.ofSeconds(2), EnumSet.allOf(Phase.class));

  public WedgeOptions {
    check("runs", runs);
    check("rounds", rounds);
    check("pairs", pairs);
    phases = Set.copyOf(phases);
  }

  private static void check(String name, int value) {
    if (value < 1 || value > BenchLimits.ROUNDS) {
      throw new IllegalArgumentException(name + ": 1 to " + BenchLimits.ROUNDS + ", not " + value);
    }
  }
}
