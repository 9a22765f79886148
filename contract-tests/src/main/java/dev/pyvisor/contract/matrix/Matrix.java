package dev.pyvisor.contract.matrix;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What every test showed in every row.
 *
 * <p>Immutable.
 */
public final class Matrix {
  private static final Pattern NUMBER = Pattern.compile("\\d+");

  /** {@code C9} before {@code C10}, {@code Python 3.9} before {@code Python 3.10}. */
  private static final Comparator<String> BY_NUMBER =
      Comparator.comparing(Matrix::sortable).thenComparing(Comparator.naturalOrder());

  private final List<String> rows;
  private final List<String> rules;
  private final List<Result> results;

  // A page asks thousands of times, and a whole build has thousands of results.
  private final Map<String, List<Result>> byRow = new HashMap<>();
  private final Map<String, Map<String, List<Result>>> byRule = new HashMap<>();

  public Matrix(List<Result> found) {
    rows = sorted(found.stream().map(Result::row));
    rules = sorted(found.stream().flatMap(result -> result.rules().stream()));
    for (Result result : found) {
      byRow.computeIfAbsent(result.row(), row -> new ArrayList<>()).add(result);
    }
    byRow.values().forEach(row -> row.sort(Comparator.comparing(Result::name)));
    byRow.forEach(
        (row, all) -> {
          Map<String, List<Result>> shown = new HashMap<>();
          for (Result result : all) {
            for (String rule : Set.copyOf(result.rules())) {
              shown.computeIfAbsent(rule, id -> new ArrayList<>()).add(result);
            }
          }
          byRule.put(row, shown);
        });
    results = rows.stream().flatMap(row -> of(row).stream()).toList();
  }

  /** All of them, by row and name. */
  public List<Result> results() {
    return results;
  }

  /** The rows, in order. */
  public List<String> rows() {
    return rows;
  }

  /** Every id that a test of some row shows, in order. */
  public List<String> rules() {
    return rules;
  }

  /** All tests of a row. */
  public List<Result> of(String row) {
    return List.copyOf(byRow.getOrDefault(row, List.of()));
  }

  /** The tests that show a rule in a row. */
  public List<Result> of(String row, String rule) {
    return List.copyOf(byRule.getOrDefault(row, Map.of()).getOrDefault(rule, List.of()));
  }

  /** What failed, in all rows. */
  public List<Result> failures() {
    return results.stream().filter(result -> result.verdict() == Verdict.FAILED).toList();
  }

  /** How a row fared. */
  public Tally tally(String row) {
    return Tally.of(of(row));
  }

  /** The reasons for which tests of a row were not run, each once. */
  List<String> reasons(String row) {
    return of(row).stream()
        .filter(result -> result.verdict() != Verdict.FAILED)
        .map(Result::detail)
        .filter(detail -> !detail.isEmpty())
        .collect(Collectors.groupingBy(detail -> detail, Collectors.counting()))
        .entrySet()
        .stream()
        .map(reason -> reason.getValue() + " x " + reason.getKey())
        .sorted(BY_NUMBER.reversed())
        .toList();
  }

  private static List<String> sorted(Stream<String> names) {
    Set<String> all = new TreeSet<>(BY_NUMBER);
    all.addAll(names.collect(Collectors.toSet()));
    return List.copyOf(all);
  }

  private static String sortable(String text) {
    Matcher number = NUMBER.matcher(text);
    return number.replaceAll(
        digits -> "0".repeat(Math.max(0, 6 - digits.group().length())) + digits.group());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Matrix matrix && results.equals(matrix.results);
  }

  @Override
  public int hashCode() {
    return results.hashCode();
  }

  @Override
  public String toString() {
    return rows + ": " + results;
  }
}
