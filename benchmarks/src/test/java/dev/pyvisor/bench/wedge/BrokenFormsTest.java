package dev.pyvisor.bench.wedge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.bench.python.Interpreter;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The broken ways wedge, and the same talk repaired does not: the peer is not to blame. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 120, why = "a wedge is called one when nothing moved for a while; full: 100 times")
class BrokenFormsTest {
  private static final Duration SILENCE = Duration.ofSeconds(1);
  private static final int AT_ONCE = 10;

  @Test
  @Rule("H1")
  void answers_written_by_the_reader_thread_wedge() throws Exception {
    check(InlineAnswers.form(), "H1");
  }

  @Test
  @Rule("H2")
  void polling_mixed_with_a_buffered_reader_wedges() throws Exception {
    check(PolledReader.form(), "H2");
  }

  @Test
  @Rule("H7")
  void an_undrained_standard_error_wedges() throws Exception {
    check(UndrainedStderr.form(), "H7");
  }

  @Test
  @Rule("H3")
  void a_request_written_before_reading_wedges_outside_its_deadline() throws Exception {
    check(WriteBeforeRead.form(), "H3");
  }

  private static void check(Form form, String rule) throws IOException, InterruptedException {
    Counts runs = Counts.of(2, 10, 50);
    Trials trials =
        new Trials(
            Interpreter.find(Optional.empty()).path(), SILENCE, Math.min(runs.now(), AT_ONCE));
    for (PipeSize pipes : PipeSize.values()) {
      record(trials, form, pipes, runs, rule);
    }
  }

  private static void record(Trials trials, Form form, PipeSize pipes, Counts runs, String rule)
      throws InterruptedException {
    int done = 0;
    while (done < runs.now()) {
      Trial broken = trials.broken(form, pipes);
      Trial repaired = trials.repaired(form, pipes);
      assertThat(broken.wedged()).as(broken.summary()).isEqualTo(broken.verdicts().size());
      assertThat(repaired.finished()).as(repaired.summary()).isEqualTo(repaired.verdicts().size());
      done += broken.verdicts().size();
    }
    Evidence.record(
        "self-check: " + form.title() + ", pipes of " + pipes,
        List.of(rule),
        "wedged in " + done + " of " + done + " runs; repaired, finished in as many",
        runs);
  }
}
