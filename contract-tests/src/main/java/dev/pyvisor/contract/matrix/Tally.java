package dev.pyvisor.contract.matrix;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How many tests had which verdict.
 *
 * <p>Immutable.
 */
public record Tally(Map<Verdict, Integer> counts) {
  static Tally of(Collection<Result> results) {
    Map<Verdict, Integer> counts = new EnumMap<>(Verdict.class);
    results.forEach(result -> counts.merge(result.verdict(), 1, Integer::sum));
    return new Tally(counts);
  }

  /** How many had this one. */
  public int of(Verdict verdict) {
    return counts.getOrDefault(verdict, 0);
  }

  /** What the whole of them shows; empty where there is no test. */
  Optional<Verdict> worst() {
    return counts.keySet().stream().sorted().findFirst();
  }

  /** {@code 12 2-}: twelve passed, two were skipped. */
  String marks() {
    List<String> parts = new ArrayList<>();
    for (Verdict verdict : Verdict.values()) {
      if (of(verdict) > 0) {
        parts.add(of(verdict) + verdict.mark());
      }
    }
    return String.join(" ", parts);
  }

  /** {@code 12 passed, 2 skipped}. */
  public String sentence() {
    List<String> parts = new ArrayList<>();
    for (Verdict verdict : Verdict.values()) {
      if (of(verdict) > 0) {
        parts.add(of(verdict) + " " + verdict.words());
      }
    }
    return parts.isEmpty() ? "no tests" : String.join(", ", parts);
  }
}
