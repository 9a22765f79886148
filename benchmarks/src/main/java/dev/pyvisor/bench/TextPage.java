package dev.pyvisor.bench;

import dev.pyvisor.bench.BenchOptions.Phase;
import dev.pyvisor.bench.BenchReport.Figures;
import dev.pyvisor.bench.BenchReport.Result;
import java.util.Locale;

/** A report as a table for people. */
final class TextPage {
  private static final String LINE = "  %-66s %7s %10s %10s %10s  %s%n";

  private TextPage() {}

  static String of(BenchReport report) {
    StringBuilder page = new StringBuilder();
    page.append(report.machine().line()).append(System.lineSeparator());
    page.append(
        format(
            "%d rounds in each phase; in each round every row once, in turn; before the first, each row"
                + " warmed up for %d ms or %d times"
                + "%n",
            report.rounds(),
            BenchLimits.WARM_UP.toMillis(),
            BenchLimits.WARM_UP_ROUNDS * report.rounds()));
    for (Phase phase : Phase.values()) {
      if (report.results().stream().anyMatch(result -> result.phase() == phase)) {
        page.append(System.lineSeparator()).append(head(phase, report.busyLoops()));
        report.results().stream()
            .filter(result -> result.phase() == phase)
            .forEach(result -> page.append(line(result)));
      }
    }
    return page.toString();
  }

  private static String head(Phase phase, int busyLoops) {
    String title = phase == Phase.IDLE ? "idle" : "beside " + busyLoops + " busy loops";
    return format(LINE, title, "count", "median", "p99", "max", "median / raw");
  }

  private static String line(Result result) {
    if (result.figures().isEmpty()) {
      return format("  %-66s %s%n", result.title(), result.note());
    }
    Figures figures = result.figures().get();
    return format(
        LINE,
        result.title(),
        figures.count(),
        figures.unit().text(figures.median()),
        figures.unit().text(figures.p99()),
        figures.unit().text(figures.max()),
        figures
            .ratio()
            .map(ratio -> format("%8.2f  x %s", ratio, figures.yardstick()))
            .orElse("       -"));
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
