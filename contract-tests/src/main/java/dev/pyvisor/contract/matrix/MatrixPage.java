package dev.pyvisor.contract.matrix;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The matrix for a browser: one page that needs nothing else. A number leads to the tests behind
 * it.
 *
 * <p>Immutable.
 */
public final class MatrixPage {
  private static final String HEAD =
      """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Pyvisor contract matrix</title>
      <style>
        body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
               color: #1c2430; background: #fff; }
        h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
        table { border-collapse: collapse; }
        th, td { padding: .2rem .6rem; border: 1px solid #d5dae1; text-align: left; vertical-align: top; }
        thead th { position: sticky; top: 0; background: #eef1f5; }
        td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .passed { background: #e3f4e6; } .failed { background: #f9d3d0; font-weight: 600; }
        .known_gap { background: #fdeecb; } .skipped { background: #e9e9ee; color: #566; }
        .not_in_tier { background: #f5f6f8; color: #677; }
        a { color: inherit; } code, pre { font: 13px/1.45 ui-monospace, monospace; }
        pre { background: #f5f6f8; padding: .6rem; overflow-x: auto; white-space: pre-wrap; }
        .key span { padding: .1rem .5rem; margin-right: .4rem; border: 1px solid #d5dae1; }
        section.rule { margin-top: 1rem; } section.rule h3 { margin: .2rem 0; font-size: 1rem; }
      </style>
      </head>
      <body>
      <h1>Pyvisor contract matrix</h1>
      <p>What each backend shows of each rule, with each Python. A number counts tests and leads to them.</p>
      """;

  private MatrixPage() {}

  /** The page. */
  public static String of(Matrix matrix) {
    StringBuilder page = new StringBuilder(HEAD);
    key(page);
    rows(page, matrix);
    failures(page, matrix);
    table(page, matrix);
    reasons(page, matrix);
    tests(page, matrix);
    return page.append("</body>\n</html>\n").toString();
  }

  private static void key(StringBuilder page) {
    page.append("<p class=\"key\">");
    for (Verdict verdict : Verdict.values()) {
      page.append("<span class=\"").append(verdict.key()).append("\">");
      page.append(verdict.words());
      if (!verdict.mark().isEmpty()) {
        page.append(" <code>").append(verdict.mark()).append("</code>");
      }
      page.append("</span>");
    }
    page.append("</p>\n");
  }

  private static void rows(StringBuilder page, Matrix matrix) {
    page.append("<table><thead><tr><th>row</th><th>tests</th></tr></thead><tbody>\n");
    for (String row : matrix.rows()) {
      Tally tally = matrix.tally(row);
      page.append("<tr><td>").append(escaped(row)).append("</td><td class=\"");
      page.append(style(tally)).append("\">").append(tally.sentence()).append("</td></tr>\n");
    }
    page.append("</tbody></table>\n");
  }

  private static void failures(StringBuilder page, Matrix matrix) {
    if (matrix.failures().isEmpty()) {
      return;
    }
    page.append("<h2>Failed</h2>\n");
    for (Result failure : matrix.failures()) {
      page.append("<p id=\"").append(anchor(failure)).append("\"><strong>");
      page.append(escaped(words(failure))).append("</strong> (").append(escaped(failure.row()));
      page.append(") ").append(escaped(String.join(" ", failure.rules()))).append("</p>\n<pre>");
      page.append(escaped(failure.detail())).append("</pre>\n");
    }
  }

  private static void table(StringBuilder page, Matrix matrix) {
    page.append("<h2>Rules</h2>\n<table><thead><tr><th>rule</th>");
    for (String row : matrix.rows()) {
      page.append("<th>").append(escaped(row)).append("</th>");
    }
    page.append("</tr></thead><tbody>\n");
    for (String rule : matrix.rules()) {
      page.append("<tr><td>").append(escaped(rule)).append("</td>");
      for (String row : matrix.rows()) {
        Tally tally = Tally.of(matrix.of(row, rule));
        page.append("<td class=\"n ").append(style(tally)).append("\"><a href=\"#rule-");
        page.append(escaped(rule)).append("\">").append(tally.marks()).append("</a></td>");
      }
      page.append("</tr>\n");
    }
    page.append("</tbody></table>\n");
  }

  private static void reasons(StringBuilder page, Matrix matrix) {
    page.append("<h2>Not run, and why</h2>\n");
    for (String row : matrix.rows()) {
      List<String> reasons = matrix.reasons(row);
      if (!reasons.isEmpty()) {
        page.append("<p>").append(escaped(row)).append("</p>\n<ul>\n");
        reasons.forEach(reason -> page.append("<li>").append(escaped(reason)).append("</li>\n"));
        page.append("</ul>\n");
      }
    }
  }

  private static void tests(StringBuilder page, Matrix matrix) {
    page.append("<h2>Tests behind the numbers</h2>\n");
    for (String rule : matrix.rules()) {
      page.append("<section class=\"rule\" id=\"rule-").append(escaped(rule)).append("\"><h3>");
      page.append(escaped(rule)).append("</h3>\n<table><tbody>\n");
      Map<String, Map<String, Result>> byName = new LinkedHashMap<>();
      for (String row : matrix.rows()) {
        for (Result result : matrix.of(row, rule)) {
          byName.computeIfAbsent(words(result), name -> new LinkedHashMap<>()).put(row, result);
        }
      }
      byName.forEach((name, results) -> test(page, name, matrix.rows(), results));
      page.append("</tbody></table></section>\n");
    }
  }

  private static void test(
      StringBuilder page, String name, List<String> rows, Map<String, Result> results) {
    page.append("<tr><td>").append(escaped(name)).append("</td>");
    for (String row : rows) {
      Result result = results.get(row);
      page.append("<td title=\"").append(escaped(row)).append('"');
      if (result == null) {
        page.append("></td>");
      } else {
        page.append(" class=\"").append(result.verdict().key()).append("\">");
        page.append(shown(result)).append("</td>");
      }
    }
    page.append("</tr>\n");
  }

  private static String shown(Result result) {
    return result.verdict() == Verdict.FAILED
        ? "<a href=\"#" + anchor(result) + "\">failed</a>"
        : result.verdict().words();
  }

  private static String words(Result result) {
    return result.contract() + ": " + result.test().replace('_', ' ');
  }

  private static String style(Tally tally) {
    return tally.worst().map(Verdict::key).orElse("");
  }

  private static String anchor(Result result) {
    return "failure-" + Integer.toHexString((result.row() + result.name()).hashCode());
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
