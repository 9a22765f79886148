package dev.pyvisor.contract.matrix;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The matrix for programs: its rows, its rules with their counts, and every test.
 *
 * <p>Immutable.
 */
public final class MatrixJson {
  private static final JsonMapper JSON = JsonMapper.shared();

  private MatrixJson() {}

  /** One JSON object. */
  public static String of(Matrix matrix) {
    Map<String, Object> page = new LinkedHashMap<>();
    Map<String, Object> rows = new LinkedHashMap<>();
    matrix.rows().forEach(row -> rows.put(row, counts(matrix.tally(row))));
    page.put("rows", rows);
    Map<String, Object> rules = new LinkedHashMap<>();
    for (String rule : matrix.rules()) {
      Map<String, Object> cells = new LinkedHashMap<>();
      matrix.rows().forEach(row -> cells.put(row, counts(Tally.of(matrix.of(row, rule)))));
      rules.put(rule, cells);
    }
    page.put("rules", rules);
    page.put("results", matrix.results().stream().map(MatrixJson::result).toList());
    return JSON.writeValueAsString(page);
  }

  /** The results of such an object. */
  static List<Result> results(String page) {
    List<Result> results = new ArrayList<>();
    for (JsonNode result : JSON.readTree(page).get("results")) {
      List<String> rules = new ArrayList<>();
      result.get("rules").forEach(rule -> rules.add(rule.asString()));
      results.add(
          new Result(
              result.get("row").asString(),
              result.get("contract").asString(),
              result.get("test").asString(),
              rules,
              Verdict.ofKey(result.get("verdict").asString()),
              result.get("detail").asString(),
              result.get("millis").asLong()));
    }
    return results;
  }

  private static Map<String, Object> counts(Tally tally) {
    Map<String, Object> counts = new LinkedHashMap<>();
    for (Verdict verdict : Verdict.values()) {
      if (tally.of(verdict) > 0) {
        counts.put(verdict.key(), tally.of(verdict));
      }
    }
    return counts;
  }

  private static Map<String, Object> result(Result result) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("row", result.row());
    fields.put("contract", result.contract());
    fields.put("test", result.test());
    fields.put("rules", result.rules());
    fields.put("verdict", result.verdict().key());
    fields.put("detail", result.detail());
    fields.put("millis", result.millis());
    return fields;
  }
}
