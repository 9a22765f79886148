package dev.pyvisor.bench;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What to measure.
 *
 * @param rows keys of the rows to run, see {@link BenchSuite#rowKeys()}; empty: all
 * @param rounds how often each row is measured in each phase; rows that take long say how much less
 *     often
 * @param python the interpreter; empty: {@code python3} of the path
 * @param phases under which load
 * @param format of the result
 */
public record BenchOptions(
    List<String> rows, int rounds, Optional<Path> python, Set<Phase> phases, Format format) {

  /** The load of the machine while a row is measured. */
  public enum Phase {
    /** Nothing else is started. */
    IDLE,
    /** Three busy loops for each core run beside it. */
    BUSY
  }

  /** How the result is printed. */
  public enum Format {
    /** A table for people. */
    TEXT,
    /** One JSON object. */
    JSON
  }

  /** All rows, 200 rounds, idle and busy, as text. */
  public static final BenchOptions DEFAULT =
      new BenchOptions(List.of(), 200, Optional.empty(), EnumSet.allOf(Phase.class), Format.TEXT);

  public BenchOptions {
    rows = List.copyOf(rows);
    phases = Set.copyOf(phases);
    for (String row : rows) {
      if (!BenchSuite.rowKeys().contains(row)) {
        throw new IllegalArgumentException(
            "no row '" + row + "'; rows: " + String.join(", ", BenchSuite.rowKeys()));
      }
    }
    if (rounds < 1 || rounds > BenchLimits.ROUNDS) {
      throw new IllegalArgumentException("rounds: 1 to " + BenchLimits.ROUNDS + ", not " + rounds);
    }
    if (phases.isEmpty()) {
      throw new IllegalArgumentException("phases: at least one of idle and busy");
    }
  }
}
