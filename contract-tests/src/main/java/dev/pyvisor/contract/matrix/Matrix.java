package dev.pyvisor.contract.matrix;

import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What every test showed in every row.
 *
 * <p>Immutable.
 */
public record Matrix(List<Result> results) {
  private static final Pattern NUMBER = Pattern.compile("\\d+");

  /** {@code C9} before {@code C10}, {@code Python 3.9} before {@code Python 3.10}. */
  private static final Comparator<String> BY_NUMBER =
      Comparator.comparing(Matrix::sortable).thenComparing(Comparator.naturalOrder());

  public Matrix {
    results =
        results.stream()
            .sorted(Comparator.comparing(Result::row, BY_NUMBER).thenComparing(Result::name))
            .toList();
  }

  /** The rows, in order. */
  public List<String> rows() {
    return sorted(results.stream().map(Result::row));
  }

  /** Every id that a test of some row shows, in order. */
  public List<String> rules() {
    return sorted(results.stream().flatMap(result -> result.rules().stream()));
  }

  /** All tests of a row. */
  public List<Result> of(String row) {
    return results.stream().filter(result -> result.row().equals(row)).toList();
  }

  /** The tests that show a rule in a row. */
  public List<Result> of(String row, String rule) {
    return of(row).stream().filter(result -> result.rules().contains(rule)).toList();
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
    names.forEach(all::add);
    return List.copyOf(all);
  }

  private static String sortable(String text) {
    Matcher number = NUMBER.matcher(text);
    return number.replaceAll(
        digits -> "0".repeat(Math.max(0, 6 - digits.group().length())) + digits.group());
  }
}
