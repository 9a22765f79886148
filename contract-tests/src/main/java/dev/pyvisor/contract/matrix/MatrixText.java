package dev.pyvisor.contract.matrix;

import java.util.List;

/**
 * The matrix for a terminal.
 *
 * <p>Immutable.
 */
public final class MatrixText {
  private static final int ID = 8;

  private MatrixText() {}

  /** A table with a line for each rule, then what failed, then why tests were not run. */
  public static String of(Matrix matrix) {
    StringBuilder text = new StringBuilder();
    List<String> rows = matrix.rows();
    for (int i = 0; i < rows.size(); i++) {
      text.append((char) ('A' + i)).append("  ").append(rows.get(i)).append(": ");
      text.append(matrix.tally(rows.get(i)).sentence()).append('\n');
    }
    text.append("\nTests that show a rule; behind a number: F failed, g known gap, - skipped,");
    text.append(" . not in this tier.\n\n");
    table(text, matrix, rows);
    failures(text, matrix);
    for (String row : rows) {
      List<String> reasons = matrix.reasons(row);
      if (!reasons.isEmpty()) {
        text.append("\nnot run in ").append(row).append(":\n");
        reasons.forEach(reason -> text.append("  ").append(reason).append('\n'));
      }
    }
    return text.toString();
  }

  private static void table(StringBuilder text, Matrix matrix, List<String> rows) {
    int width =
        matrix.rules().stream()
            .flatMap(rule -> rows.stream().map(row -> marks(matrix, row, rule).length()))
            .max(Integer::compare)
            .orElse(1);
    StringBuilder head = new StringBuilder(pad("", ID));
    for (int i = 0; i < rows.size(); i++) {
      head.append("  ").append(pad(String.valueOf((char) ('A' + i)), width));
    }
    text.append(head.toString().stripTrailing()).append('\n');
    for (String rule : matrix.rules()) {
      StringBuilder line = new StringBuilder(pad(rule, ID));
      rows.forEach(row -> line.append("  ").append(pad(marks(matrix, row, rule), width)));
      text.append(line.toString().stripTrailing()).append('\n');
    }
  }

  private static void failures(StringBuilder text, Matrix matrix) {
    for (Result failure : matrix.failures()) {
      text.append("\nFAILED ").append(failure.name()).append(" (").append(failure.row());
      text.append(") ").append(String.join(" ", failure.rules())).append('\n');
      text.append(failure.detail().indent(2));
    }
  }

  private static String marks(Matrix matrix, String row, String rule) {
    return Tally.of(matrix.of(row, rule)).marks();
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }
}
