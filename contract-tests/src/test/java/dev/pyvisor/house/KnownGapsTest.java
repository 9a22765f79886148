package dev.pyvisor.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The README lists the known gaps that the tests have, and no others. */
class KnownGapsTest {
  private static final Pattern GAP =
      Pattern.compile("@KnownGap\\(\\s*reason\\s*=\\s*\"([^\"]+)\",\\s*place\\s*=\\s*\"([^\"]+)\"");
  private static final Pattern LIST =
      Pattern.compile("<!-- list:gaps -->\\n(.*?)<!-- end of list -->", Pattern.DOTALL);
  private static final Pattern LINE =
      Pattern.compile("^- (.+) \\(`([^`]+)`\\)$", Pattern.MULTILINE);

  @Test
  void the_readme_lists_every_known_gap_and_no_other() {
    Matcher list = LIST.matcher(Sources.text("README.md"));
    assertThat(list.find()).as("a list of known gaps").isTrue();
    assertThat(found(LINE, list.group(1))).isEqualTo(marked());
  }

  @Test
  void a_gap_in_a_source_is_found() {
    String source = "@Test\n  @KnownGap(\n      reason = \"no\",\n      place = \"Here.java\")\n";
    assertThat(found(GAP, source)).containsExactly("no in Here.java");
    assertThat(found(LINE, "- no (`Here.java`)\n")).containsExactly("no in Here.java");
  }

  private static Set<String> marked() {
    Set<String> gaps = new TreeSet<>();
    for (Path file : Sources.files(".java")) {
      // Those that test the annotation itself are no gaps.
      if (!Sources.relative(file).matches(".*/(KnownGapTest|KnownGapsTest)\\.java")) {
        gaps.addAll(found(GAP, Sources.read(file)));
      }
    }
    return gaps;
  }

  private static Set<String> found(Pattern pattern, String text) {
    Set<String> gaps = new TreeSet<>();
    Matcher gap = pattern.matcher(text);
    while (gap.find()) {
      gaps.add(gap.group(1) + " in " + gap.group(2));
    }
    return gaps;
  }
}
