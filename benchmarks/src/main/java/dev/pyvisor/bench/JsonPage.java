package dev.pyvisor.bench;

import dev.pyvisor.bench.BenchReport.Result;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** A report as one JSON object. */
final class JsonPage {
  private JsonPage() {}

  static String of(BenchReport report) {
    Map<String, Object> page = new LinkedHashMap<>();
    page.put("machine", report.machine());
    page.put("rounds", report.rounds());
    page.put("busyLoops", report.busyLoops());
    page.put("results", report.results().stream().map(JsonPage::row).toList());
    return JsonMapper.shared().writeValueAsString(page);
  }

  private static Map<String, Object> row(Result result) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("phase", result.phase().name().toLowerCase(Locale.ROOT));
    row.put("row", result.key());
    row.put("title", result.title());
    result
        .figures()
        .ifPresentOrElse(
            figures -> {
              row.put("count", figures.count());
              String unit = figures.unit().suffix();
              row.put("median" + unit, figures.median());
              row.put("p99" + unit, figures.p99());
              row.put("max" + unit, figures.max());
              row.put("yardstick", figures.yardstick());
              figures.ratio().ifPresent(ratio -> row.put("ratio", ratio));
            },
            () -> row.put("note", result.note()));
    return row;
  }
}
