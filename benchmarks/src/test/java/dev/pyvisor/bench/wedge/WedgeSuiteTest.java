package dev.pyvisor.bench.wedge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.bench.BenchOptions.Phase;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith({Census.class, HangReport.class})
@Limit(
    seconds = 120,
    why = "sixteen conversations, of which eight are waited for until they are called wedged")
class WedgeSuiteTest {
  private static final Duration SILENCE = Duration.ofMillis(500);
  private static final Duration HUNG = Duration.ofSeconds(2);

  @Test
  @Rule({"C115", "H1"})
  void the_broken_forms_wedge_and_pyvisor_does_not_on_the_same_load() throws Exception {
    ByteArrayOutputStream page = new ByteArrayOutputStream();
    WedgeReport report =
        WedgeSuite.run(
            new WedgeOptions(Optional.empty(), 1, 1, 20, SILENCE, EnumSet.of(Phase.IDLE)),
            new PrintStream(page, true, StandardCharsets.UTF_8));

    assertThat(report.forms()).hasSize(Trials.forms().size() * PipeSize.values().length);
    assertThat(report.forms()).allMatch(form -> form.broken().wedged() == 1);
    assertThat(report.ours()).hasSize(8).allMatch(calls -> calls.max() < HUNG.toNanos());
    assertThat(page.toString(StandardCharsets.UTF_8))
        .contains("wedged in 1 of 1 runs")
        .contains("tool results, all at once, pipes of 4 KiB, idle");
  }
}
