package dev.pyvisor.attack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** docs/SECURITY.md says of each attack what the suites hold it to. */
@ExtendWith({Census.class, HangReport.class})
class SecurityPageTest {
  private static final Path PAGE =
      Path.of(System.getProperty("pyvisor.root"), "docs", "SECURITY.md");
  private static final String BEGIN = "<!-- table:attacks -->\n";
  private static final String END = "<!-- end:attacks -->";
  private static final String WRITE = "pyvisor.attacks.write";
  private static final String COMMAND =
      "mvn -pl contract-tests -am -Dtest=SecurityPageTest -D"
          + WRITE
          + "=true -Dsurefire.failIfNoSpecifiedTests=false test";

  @Test
  void the_table_is_what_the_suites_compare_their_measurements_with() throws IOException {
    String page = Files.readString(PAGE);
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    int end = page.indexOf(END);
    assertThat(end).isGreaterThanOrEqualTo(begin);
    String table = AttackTable.of(Program.all());
    if (Boolean.getBoolean(WRITE)) {
      Files.writeString(PAGE, page.substring(0, begin) + table + page.substring(end));
      return;
    }
    assertThat(page.substring(begin, end))
        .as("the table is out of date; it is written by\n  %s", COMMAND)
        .isEqualTo(table);
  }

  @Test
  void there_are_enough_attacks_and_each_is_one() {
    List<Program> programs = Program.all();
    assertThat(programs).hasSizeGreaterThanOrEqualTo(40);
    assertThat(programs).extracting(Program::title).doesNotHaveDuplicates();
    Finding control = Finding.of("succeeded");
    assertThat(programs)
        .allSatisfy(
            program ->
                assertThat(
                        program.harmless().isPresent()
                            || control.equals(program.expected(Cage.BARE).orElseThrow()))
                    .as("%s succeeds on bare Python, or says why it is harmless", program)
                    .isTrue());
    assertThat(programs.stream().filter(program -> program.harmless().isEmpty()))
        .hasSizeGreaterThanOrEqualTo(40);
  }

  @Test
  void what_is_measured_under_a_launcher_is_measured_with_every_program() {
    Set<Cage> measured = new HashSet<>();
    for (Cage cage : Cage.values()) {
      if (Program.all().stream().anyMatch(program -> program.expected(cage).isPresent())) {
        measured.add(cage);
        assertThat(Program.all()).allMatch(program -> program.expected(cage).isPresent());
      }
    }
    assertThat(measured).contains(Cage.BARE, Cage.PROCESS);
  }
}
