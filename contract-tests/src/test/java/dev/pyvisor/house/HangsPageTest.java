package dev.pyvisor.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Each kind of hang in docs/hangs.md is provoked by a test that exists. */
class HangsPageTest {
  private static final Pattern TABLE = Pattern.compile("<!-- table:hangs -->\\n((?:\\|.*\\n)+)");
  private static final Pattern LINK = Pattern.compile("\\[(\\w+)]\\(\\.\\./([^)]+)\\)");

  @Test
  void every_kind_of_hang_links_tests_that_exist() {
    List<String> rows = rows();
    assertThat(rows).hasSizeGreaterThan(20);
    List<String> wrong = new ArrayList<>();
    for (String row : rows) {
      String[] cells = row.split("\\|");
      String name = cells[1].strip();
      if (cells.length != 6) {
        wrong.add(name + ": has " + (cells.length - 1) + " columns");
        continue;
      }
      Matcher link = LINK.matcher(cells[5]);
      int links = 0;
      while (link.find()) {
        links++;
        if (!isTest(link.group(2), link.group(1))) {
          wrong.add(name + ": " + link.group(1) + " is no test of " + link.group(2));
        }
      }
      if (links == 0) {
        wrong.add(name + ": links no test");
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void every_word_of_a_verdict_is_explained() {
    String page = Sources.text("docs/hangs.md");
    for (String word :
        List.of(
            "running",
            "gil",
            "stopped",
            "lock",
            "output",
            "tool",
            "kernel-io",
            "zombie",
            "sleeping",
            "idle",
            "gone")) {
      assertThat(page).contains("\n| `" + word + "` |");
    }
  }

  /** Whether the file declares a test of that name: in Java or in Python. */
  private static boolean isTest(String file, String name) {
    Path path = Path.of(System.getProperty("pyvisor.root")).resolve(file);
    return Files.isRegularFile(path)
        && Pattern.compile("(void|DynamicTest>|def)\\s+" + name + "\\(", Pattern.MULTILINE)
            .matcher(Sources.read(path))
            .find();
  }

  private static List<String> rows() {
    List<String> rows = new ArrayList<>();
    Matcher table = TABLE.matcher(Sources.text("docs/hangs.md"));
    while (table.find()) {
      table.group(1).lines().skip(2).forEach(rows::add);
    }
    return rows;
  }
}
