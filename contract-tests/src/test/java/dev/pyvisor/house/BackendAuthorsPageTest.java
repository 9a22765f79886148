package dev.pyvisor.house;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.sabotage.Mutants;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/BACKEND-AUTHORS.md says what the suite does. */
class BackendAuthorsPageTest {
  private static final String PAGE = "docs/BACKEND-AUTHORS.md";
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  @Test
  void its_table_of_capabilities_is_that_of_the_code() {
    Map<String, String> meanings = new LinkedHashMap<>();
    for (Capability capability : Capability.values()) {
      meanings.put("`" + capability + "`", capability.meaning());
    }
    assertThat(table("capabilities")).isEqualTo(meanings);
  }

  @Test
  void its_table_of_mistakes_names_the_tests_that_each_mutant_fails() {
    Map<String, TreeSet<String>> stated = new LinkedHashMap<>();
    table("mutants").forEach((mistake, tests) -> stated.put(mistake, names(tests)));
    Map<String, TreeSet<String>> shown = new LinkedHashMap<>();
    for (Mutants.Mutant mutant : Mutants.all()) {
      if (!mutant.fails().isEmpty()) {
        shown.put(mutant.mistake(), new TreeSet<>(mutant.fails()));
      }
    }
    assertThat(stated).isEqualTo(shown);
  }

  private static TreeSet<String> names(String cell) {
    TreeSet<String> names = new TreeSet<>();
    Matcher name = CODE.matcher(cell);
    while (name.find()) {
      names.add(name.group(1));
    }
    return names;
  }

  /** The two columns of a table's rows. */
  private static Map<String, String> table(String name) {
    Matcher table =
        Pattern.compile("<!-- table:" + name + " -->\\n((?:\\|.*\\n)+)")
            .matcher(Sources.text(PAGE));
    assertThat(table.find()).as("a table named " + name).isTrue();
    List<String> rows = new ArrayList<>();
    table.group(1).lines().skip(2).forEach(rows::add);
    Map<String, String> cells = new LinkedHashMap<>();
    for (String row : rows) {
      String[] columns = row.split("\\|");
      cells.put(columns[1].strip(), columns[2].strip());
    }
    return cells;
  }
}
