package dev.pyvisor.bench;

import dev.pyvisor.bench.BenchOptions.Phase;
import dev.pyvisor.bench.python.MachineFacts;
import java.util.List;
import java.util.Optional;

/**
 * What a run has found.
 *
 * @param busyLoops how many run in the busy phase
 * @param results in the order of the table, phase by phase
 */
public record BenchReport(MachineFacts machine, int rounds, int busyLoops, List<Result> results) {

  public BenchReport {
    results = List.copyOf(results);
  }

  /**
   * One row in one phase.
   *
   * @param figures empty where the row could not be measured
   * @param note why it could not; empty where it could
   */
  public record Result(
      Phase phase, String key, String title, Optional<Figures> figures, String note) {}

  /**
   * What was measured.
   *
   * @param unit of the next three
   * @param ratio of the median to the median of {@code yardstick} in the same phase; empty where
   *     that was not measured
   */
  public record Figures(
      int count,
      Unit unit,
      long median,
      long p99,
      long max,
      String yardstick,
      Optional<Double> ratio) {}

  /** The result of a row in a phase. */
  public Optional<Result> result(Phase phase, String key) {
    return results.stream()
        .filter(result -> result.phase() == phase && result.key().equals(key))
        .findFirst();
  }
}
