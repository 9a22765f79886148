package dev.pyvisor.bench.wedge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.bench.python.Interpreter;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.Rule;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The broken ways wedge, and the same talk repaired does not: the peer is not to blame. */
class BrokenFormsTest {
  private static final Duration SILENCE = Duration.ofSeconds(1);

  @TestFactory
  @Rule("H1")
  Stream<DynamicTest> each_broken_form_wedges_and_its_repaired_twin_does_not() throws IOException {
    Counts runs = Counts.of(2, 10, 50);
    Trials trials =
        new Trials(Interpreter.find(Optional.empty()).path(), SILENCE, Math.min(runs.now(), 10));
    return Trials.forms().stream()
        .flatMap(
            form ->
                Stream.of(PipeSize.values())
                    .map(
                        pipes ->
                            DynamicTest.dynamicTest(
                                form.title() + ", pipes of " + pipes,
                                () -> check(trials, form, pipes, runs))));
  }

  private static void check(Trials trials, Form form, PipeSize pipes, Counts runs)
      throws InterruptedException {
    int wedged = 0;
    int finished = 0;
    int done = 0;
    while (done < runs.now()) {
      Trial broken = trials.broken(form, pipes);
      Trial repaired = trials.repaired(form, pipes);
      assertThat(broken.wedged()).as(broken.summary()).isEqualTo(broken.verdicts().size());
      assertThat(repaired.finished()).as(repaired.summary()).isEqualTo(repaired.verdicts().size());
      wedged += broken.wedged();
      finished += repaired.finished();
      done += broken.verdicts().size();
    }
    Evidence.record(
        "self-check: " + form.title() + ", pipes of " + pipes,
        List.of("H1"),
        "wedged in " + wedged + " of " + done + " runs; repaired, finished in " + finished,
        runs);
  }
}
