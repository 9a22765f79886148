package dev.pyvisor.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SpecCoverageTest {

  @Test
  void every_binding_rule_has_a_test_or_a_reason() {
    Set<String> bare = new TreeSet<>(Specification.binding());
    bare.removeAll(Specification.tested().keySet());
    bare.removeAll(Specification.untested());
    assertThat(bare).as("rules without a test and without a line in untested.md").isEmpty();
  }

  @Test
  void no_test_names_an_unknown_rule() {
    Map<String, Set<String>> unknown = new TreeMap<>(Specification.tested());
    unknown.keySet().removeAll(Specification.known());
    assertThat(unknown).as("ids that neither PROTOCOL.md nor README.md has").isEmpty();
  }

  @Test
  void no_rule_with_a_test_is_listed_as_untested() {
    Set<String> outdated = new TreeSet<>(Specification.untested());
    outdated.retainAll(Specification.tested().keySet());
    assertThat(outdated).as("lines of untested.md that are no longer true").isEmpty();
    assertThat(Specification.known()).containsAll(Specification.untested());
  }

  @Test
  void the_specification_is_really_read() {
    assertThat(Specification.binding())
        .contains("FRM-1", "SES-11", "LIF-9", "TRN-5", "ERR-1", "W47");
    assertThat(Specification.known()).hasSizeGreaterThan(80).contains("C115", "H19", "W3a");
  }
}
