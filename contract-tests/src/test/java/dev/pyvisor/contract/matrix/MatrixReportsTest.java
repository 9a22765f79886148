package dev.pyvisor.contract.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The matrix as text, JSON and a page, and the folder where its parts are gathered. */
class MatrixReportsTest {
  private static final Result PASSED = result("pipe, Python 3.9", "a", Verdict.PASSED, "");
  private static final Result FAILED =
      result("pipe, Python 3.10", "b", Verdict.FAILED, "expected <1>\nbut was \"2\" & more");
  private static final Result SKIPPED =
      result("old, Python 3.9", "a", Verdict.SKIPPED, "old has no SESSIONS (several)");
  private static final Result LATER =
      result("pipe, Python 3.10", "a", Verdict.NOT_IN_TIER, "not in this tier: many kills");
  private static final Matrix ALL = new Matrix(List.of(FAILED, PASSED, SKIPPED, LATER));

  private static Result result(String row, String test, Verdict verdict, String detail) {
    return new Result(row, "Kills", test, List.of("C2", "C10"), verdict, detail, 12);
  }

  @Test
  void rows_and_rules_stand_in_the_order_of_their_numbers() {
    assertThat(ALL.rows())
        .containsExactly("old, Python 3.9", "pipe, Python 3.9", "pipe, Python 3.10");
    assertThat(ALL.rules()).containsExactly("C2", "C10");
  }

  @Test
  void the_text_counts_each_verdict_names_failures_and_gives_reasons() {
    String text = MatrixText.of(ALL);
    assertThat(text)
        .contains("A  old, Python 3.9: 1 skipped\n")
        .contains("C  pipe, Python 3.10: 1 failed, 1 not in this tier\n")
        .contains("C2        1-     1      1F 1.\n")
        .contains("FAILED Kills.b (pipe, Python 3.10) C2 C10\n  expected <1>\n")
        .contains("not run in old, Python 3.9:\n  1 x old has no SESSIONS (several)\n");
  }

  @Test
  void the_page_needs_nothing_else_and_leads_from_a_number_to_its_failure() {
    String page = MatrixPage.of(ALL);
    assertThat(page)
        .contains("<td class=\"n failed\"><a href=\"#rule-C2\">1F 1.</a></td>")
        .contains("expected &lt;1&gt;\nbut was &quot;2&quot; &amp; more")
        .doesNotContainPattern("(src|href)=\"(https?:)?//")
        .doesNotContain("<script", "@import", "url(");
    String anchor = page.replaceFirst("(?s).*href=\"#(failure-[0-9a-f]+)\".*", "$1");
    assertThat(page).contains("id=\"" + anchor + "\"");
  }

  @Test
  void json_gives_back_what_went_in() {
    assertThat(new Matrix(MatrixJson.results(MatrixJson.of(ALL)))).isEqualTo(ALL);
  }

  @Test
  void parts_of_one_build_are_gathered_and_those_of_another_are_removed(@TempDir Path folder)
      throws IOException {
    new MatrixFolder(folder, "yesterday").add(new Matrix(List.of(SKIPPED)), "1");
    new MatrixFolder(folder, "today").add(new Matrix(List.of(PASSED)), "2");
    Matrix whole = new MatrixFolder(folder, "today").add(new Matrix(List.of(FAILED, LATER)), "3");
    assertThat(whole).isEqualTo(new Matrix(List.of(FAILED, PASSED, LATER)));
    assertThat(Files.readString(folder.resolve("matrix.txt"))).isEqualTo(MatrixText.of(whole));
    assertThat(Files.readString(folder.resolve("matrix.json"))).isEqualTo(MatrixJson.of(whole));
    assertThat(Files.readString(folder.resolve("index.html"))).isEqualTo(MatrixPage.of(whole));
  }

  /** Each JVM of a build writes the whole at the end of each suite, while the others wait. */
  @Test
  void the_matrix_of_a_whole_build_is_written_in_seconds() {
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < 7_200; i++) {
      String row = "backend " + i % 24 + ", Python 3." + i % 5;
      List<String> rules = List.of("C" + i % 300, "H" + i % 40);
      results.add(new Result(row, "Kills", "test " + i / 24, rules, Verdict.PASSED, "", 1));
    }
    // A bound for a loaded machine: it takes half a second, and took minutes while every cell of
    // the page sorted the rows anew.
    Matrix whole =
        assertTimeoutPreemptively(
            Duration.ofSeconds(20),
            () -> {
              Matrix built = new Matrix(results);
              MatrixPage.of(built);
              MatrixText.of(built);
              MatrixJson.of(built);
              return built;
            });
    assertThat(whole.rows()).hasSize(120);
    assertThat(whole.results()).hasSameSizeAs(results);
  }
}
