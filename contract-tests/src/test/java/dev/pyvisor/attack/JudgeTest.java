package dev.pyvisor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.load.Interpreters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What is planted decides; a program's own word only where there is nothing else. */
@ExtendWith({Census.class, HangReport.class})
class JudgeTest {
  private static final String BOAST = "ATTACK succeeded: so it says";

  @TempDir Path folder;
  private Plant plant;

  @BeforeEach
  void plant() throws IOException {
    plant = new Plant(folder, Interpreters.standard().toString());
  }

  @AfterEach
  void remove() throws IOException {
    plant.close();
  }

  @Test
  void a_success_that_nothing_planted_shows_was_one_inside() {
    for (Witness witness : Witness.values()) {
      Verdict expected = witness == Witness.COUNT ? Verdict.SUCCEEDED : Verdict.CONTAINED;
      assertThat(judged(witness, BOAST)).as("%s", witness).isEqualTo(expected);
    }
  }

  @Test
  void the_secret_shows_a_success_whatever_the_program_says() {
    assertThat(judged(Witness.SECRET, "ATTACK prevented: " + plant.secret()))
        .isEqualTo(Verdict.SUCCEEDED);
  }

  @Test
  void a_file_that_is_changed_or_made_shows_a_success() throws IOException {
    assertThat(judged(Witness.FILES, "ATTACK prevented: x")).isEqualTo(Verdict.PREVENTED);
    Files.writeString(plant.token().resolveSibling("drop"), "x");
    assertThat(judged(Witness.FILES, "ATTACK prevented: x")).isEqualTo(Verdict.SUCCEEDED);
  }

  @Test
  void a_program_that_measured_nothing_is_no_finding() {
    assertThatThrownBy(() -> judged(Witness.SECRET, "nothing of the kind"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("measured nothing");
  }

  @Test
  void a_finding_matches_only_with_the_same_kernel_or_the_one_that_is_expected() {
    Finding found = new Finding(Verdict.CONTAINED, Optional.of(Aftermath.NEW_KERNEL));
    assertThat(found.matches(Finding.of("contained, new kernel"))).isTrue();
    assertThat(found.matches(Finding.of("contained"))).isFalse();
    assertThat(found.matches(Finding.of("prevented, new kernel"))).isFalse();
  }

  private Verdict judged(Witness witness, String said) {
    Map<String, String> head =
        Map.of(
            "title",
            "x",
            "class",
            "x",
            "tries",
            "x",
            "success",
            "x",
            "witness",
            witness.name(),
            "bare",
            "succeeded");
    Seen seen =
        new Seen(
            said,
            Optional.empty(),
            false,
            false,
            Optional.empty(),
            Optional.of(Aftermath.SAME_KERNEL));
    return Judge.judge(new Program("x", head, List.of("")), plant, seen).verdict();
  }
}
