package dev.pyvisor.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.tool.Tool;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a model reads of a cell. */
@ExtendWith({Census.class, HangReport.class})
class OutcomeTextTest {
  private static final String FIX = "print less";

  private static String run(String... codes) {
    try (SupervisorClient client =
        SupervisorClient.builder().trusted().tool(Tool.submit("SUBMIT").anyFields()).open()) {
      Outcome outcome = null;
      for (String code : codes) {
        outcome =
            client
                .session()
                .execute(
                    Cell.of(code)
                        .withValue()
                        .timeout(Duration.ofSeconds(1))
                        .grace(Duration.ofMillis(300)));
      }
      return OutcomeText.of(outcome, FIX);
    }
  }

  @Test
  void output_value_and_end_are_told_in_this_order() {
    assertThat(run("import sys\nprint('out')\nprint('err', file=sys.stderr)\n6 * 7"))
        .matches("out\n\\[stderr]\nerr\n\\[value] 42\n\\[completed in \\d+ ms]");
    assertThat(run("x = 1")).matches("\\[completed in \\d+ ms]");
  }

  @Test
  void an_error_comes_with_its_place_and_the_state_that_is_left() {
    assertThat(run("print('before')\n1/0"))
        .startsWith("before\n[error]\nTraceback")
        .contains("<cell 1>")
        .contains("ZeroDivisionError")
        .contains("[raised after ");
  }

  @Test
  void an_answer_is_told() {
    assertThat(run("SUBMIT(a=1)")).startsWith("[submitted] {\"a\":1}\n[submitted after ");
  }

  @Test
  void a_time_out_says_what_the_state_is() {
    assertThat(run("kept = 1", "print('so far')\nwhile True: pass"))
        .startsWith("so far\n[error]\n")
        .containsPattern("\\[timed_out after \\d+ ms: .*\\]$");
  }

  @Test
  void long_output_keeps_its_beginning_and_its_end_and_says_how_to_get_the_rest() {
    String text = run("print('begin' + 'é' * 100_000 + 'end')");
    assertThat(text).hasSizeLessThan(OutcomeText.OUTPUT + 300).startsWith("begin");
    assertThat(text).containsPattern("characters are left out here; print less …]");
    assertThat(text).contains("éend\n[completed in ");
  }

  @Test
  void no_character_is_cut_in_two() {
    String clipped = Clip.of("😀".repeat(50), 11, "");
    assertThat(clipped.chars().filter(c -> Character.isSurrogate((char) c)).count()).isEven();
    assertThat(clipped).startsWith("😀😀😀\n[… ").endsWith("]\n😀😀😀");
  }
}
