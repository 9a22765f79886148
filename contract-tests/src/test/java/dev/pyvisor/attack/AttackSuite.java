package dev.pyvisor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.contract.Tier;
import dev.pyvisor.contract.backend.Sandboxes;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.load.Interpreters;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Every hostile program under one launcher: what came of it is what its head says. */
@ExtendWith({Census.class, HangReport.class})
abstract class AttackSuite {
  private static final String ONLY = "pyvisor.attack";

  private final Cage cage;
  @TempDir Path folder;

  AttackSuite(Cage cage) {
    this.cage = cage;
  }

  @TestFactory
  @Limit(seconds = 600, why = "a hundred programs, one after the other, beside other suites")
  Stream<DynamicTest> what_came_of_it_is_what_its_head_says() throws IOException {
    Optional<String> obstacle = cage.obstacle();
    if (obstacle.isPresent()) {
      // As a test: a container of tests that is skipped is not in the report.
      return Stream.of(DynamicTest.dynamicTest(cage.word(), () -> skip(obstacle.get())));
    }
    // Not that of a venv, which reads less when it starts: where the tests' Python is one, what it
    // is made of.
    String python = Interpreters.standard().toRealPath().toString();
    Attacked attacked = cage.open(folder, python);
    return programs().stream()
        .filter(program -> program.name().matches(System.getProperty(ONLY, ".*")))
        .map(
            program ->
                DynamicTest.dynamicTest(program.name(), () -> check(attacked, program, python)))
        .onClose(attacked::close);
  }

  /**
   * All of them; in the smallest tier each launcher has every third one, so that all run under one.
   */
  private List<Program> programs() {
    List<Program> all = Program.all();
    List<Cage> launchers = List.of(Cage.PROCESS, Cage.BUBBLEWRAP, Cage.PODMAN);
    int mine = launchers.indexOf(cage);
    if (Tier.current() != Tier.VERIFY || mine < 0) {
      return all;
    }
    List<Program> third =
        IntStream.range(0, all.size())
            .filter(i -> i % launchers.size() == mine)
            .mapToObj(all::get)
            .toList();
    System.out.println(
        "attacks on " + cage.word() + ": " + third.size() + " (design's " + all.size() + ")");
    return third;
  }

  private static void skip(String obstacle) {
    assertThat(Sandboxes.areRequired())
        .as("%s, and %s says that this must not be", obstacle, Sandboxes.VARIABLE)
        .isFalse();
    abort(obstacle);
  }

  private void check(Attacked attacked, Program program, String python) throws Exception {
    Set<String> missing = Needs.missing(program.needs());
    assumeTrue(missing.isEmpty(), () -> "this machine lacks " + missing);
    try (Plant plant = new Plant(folder, python)) {
      Seen seen = attacked.run(program, plant);
      Finding found = Judge.judge(program, plant, seen);
      System.out.println(
          "attack " + program + " on " + cage.word() + ": " + found + " |" + brief(plant, seen));
      Optional<Finding> expected = program.expected(cage);
      assertThat(expected)
          .as("%s.py needs a line '# %s: %s'; it said: %s", program, cage.word(), found, seen)
          .isPresent();
      boolean matches = found.matches(expected.orElseThrow());
      // The trial costs as much as the attack: it is made where its result matters.
      assumeTrue(
          matches
              || !program.needs().contains(Needs.RIGHT)
              || Needs.isAllowedHere(program, folder, python),
          "this machine refuses it to Python itself");
      assertThat(matches)
          .as("%s is expected to be %s, and was %s: %s", program, expected.get(), found, seen)
          .isTrue();
      if (cage == Cage.BARE && program.harmless().isEmpty()) {
        assertThat(found.verdict()).as("a positive control").isEqualTo(Verdict.SUCCEEDED);
      }
    }
  }

  private static String brief(Plant plant, Seen seen) {
    String text =
        seen.toString().replace(plant.secret(), "<the secret>").strip().replace('\n', ' ');
    return (text.length() > 300 ? "..." + text.substring(text.length() - 300) : text)
        .replace('\u001b', '^');
  }
}
