package dev.pyvisor.bench;

import dev.pyvisor.bench.BenchOptions.Phase;
import dev.pyvisor.bench.BenchReport.Figures;
import dev.pyvisor.bench.BenchReport.Result;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Measures rows in turn: A B C, A B C, so that whatever the machine does meanwhile meets them all.
 *
 * <p>Confined to the measuring thread.
 */
final class Measurement {
  private final Map<Row, Probe> probes = new LinkedHashMap<>();
  private final Map<Row, String> notes = new LinkedHashMap<>();
  private final List<Row> rows;
  private final Watchdog watchdog;

  Measurement(List<Row> rows, Watchdog watchdog) {
    this.rows = rows;
    this.watchdog = watchdog;
  }

  /** Prepares every row; one that cannot run here is noted and left out. */
  void open(Workbench workbench) throws InterruptedException {
    for (Row row : rows) {
      try {
        probes.put(row, row.opener().open(workbench));
      } catch (InterruptedException e) {
        throw e;
      } catch (RowUnavailable e) {
        notes.put(row, e.getMessage());
      } catch (Exception e) {
        notes.put(row, "cannot start: " + e);
      }
    }
  }

  /** Lets compilers and caches settle: a JVM runs slowly what it has run a hundred times only. */
  void warmUp(int rounds) throws InterruptedException {
    Map<Row, Samples> unused = new LinkedHashMap<>();
    for (Row row : List.copyOf(probes.keySet())) {
      long limit = System.nanoTime() + BenchLimits.WARM_UP.toNanos();
      int times = Math.max(1, BenchLimits.WARM_UP_ROUNDS * rounds / row.every());
      while (times-- > 0 && System.nanoTime() < limit && probes.containsKey(row)) {
        once(row, unused);
      }
    }
  }

  List<Result> run(Phase phase, int rounds) throws InterruptedException {
    Map<Row, Samples> samples = rounds(rounds);
    List<Result> results = new ArrayList<>();
    for (Row row : rows) {
      results.add(
          new Result(
              phase, row.key(), row.title(), figures(row, samples), notes.getOrDefault(row, "")));
    }
    return results;
  }

  private Map<Row, Samples> rounds(int rounds) throws InterruptedException {
    Map<Row, Samples> samples = new LinkedHashMap<>();
    for (int round = 0; round < rounds; round++) {
      for (Row row : List.copyOf(probes.keySet())) {
        if (round % row.every() == 0) {
          once(row, samples);
        }
      }
    }
    return samples;
  }

  private void once(Row row, Map<Row, Samples> samples) throws InterruptedException {
    try {
      samples.computeIfAbsent(row, any -> new Samples()).add(watchdog.once(probes.get(row)));
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      // The other rows go on; what was measured of this one before says less than the failure.
      probes.remove(row);
      samples.remove(row);
      notes.put(row, "failed: " + e);
    }
  }

  private Optional<Figures> figures(Row row, Map<Row, Samples> samples) {
    Samples own = samples.get(row);
    if (own == null) {
      return Optional.empty();
    }
    String yardstick = row.yardstick().key();
    Optional<Double> ratio =
        samples.entrySet().stream()
            .filter(entry -> entry.getKey().key().equals(yardstick))
            .findFirst()
            .map(entry -> (double) own.median() / entry.getValue().median());
    return Optional.of(
        new Figures(own.count(), row.unit(), own.median(), own.p99(), own.max(), yardstick, ratio));
  }
}
