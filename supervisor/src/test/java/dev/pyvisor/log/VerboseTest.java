package dev.pyvisor.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Defaults;
import dev.pyvisor.Value;
import dev.pyvisor.outcome.Cause;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.Output;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.outcome.PythonError;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.outcome.StreamName;
import dev.pyvisor.outcome.Submission;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What people are told of a cell. */
class VerboseTest {
  private final StringBuilder told = new StringBuilder();
  private final Verbose verbose = new Verbose(told::append);

  private void prints(String text) {
    verbose.printed(OutputChunk.of(StreamName.STDOUT, text.getBytes(StandardCharsets.UTF_8)));
  }

  private void calls(String tool, String arguments) {
    verbose.called(tool, Json.MAPPER.readTree(arguments));
  }

  private static Outcome outcome(
      OutcomeKind kind,
      Optional<PythonError> error,
      Optional<Submission> answer,
      Optional<Cause> cause) {
    return new Outcome(
        kind,
        3,
        Output.empty(),
        Output.empty(),
        List.of(),
        List.of(),
        Optional.empty(),
        error,
        answer,
        StateReport.live(),
        1,
        0,
        Duration.ZERO,
        Duration.ZERO,
        0,
        cause);
  }

  private static Outcome raised(String type, String message) {
    PythonError error =
        new PythonError(
            type, "builtins", message, "", List.of(), Optional.empty(), Optional.empty());
    return outcome(OutcomeKind.RAISED, Optional.of(error), Optional.empty(), Optional.empty());
  }

  @Test
  @Rule("C126")
  void output_calls_and_errors_stand_each_in_lines_of_their_own() {
    prints("a");
    prints("b");
    calls("add", "{\"args\":[2,3]}");
    verbose.ended("add", "");
    verbose.ended("fail", "boom");
    prints("c\n");
    verbose.ended(raised("ValueError", "no good"));
    assertThat(told)
        .hasToString(
            """
            ab
            Tool: add({"args": [2, 3]})
            Tool: add returned
            Tool: fail failed: boom
            c
            error (ValueError): no good
            cell 3 raised
            """);
  }

  @Test
  @Rule("C127")
  void an_answer_is_told_as_data() {
    Value answer = Value.of("{\"answer\":\"ok\",\"n\":[]}", List.of(), "", "builtins.dict");
    verbose.ended(
        outcome(
            OutcomeKind.SUBMITTED,
            Optional.empty(),
            Optional.of(new Submission(answer, false)),
            Optional.empty()));
    assertThat(told).hasToString("SUBMIT: {\"answer\": \"ok\", \"n\": []}\ncell 3 submitted\n");
  }

  @Test
  @Rule("C126")
  void an_end_that_the_code_did_not_choose_is_told_with_its_cause() {
    prints("half");
    verbose.ended(
        outcome(
            OutcomeKind.TIMED_OUT,
            Optional.empty(),
            Optional.empty(),
            Optional.of(new Cause("deadline", "after 2 s"))));
    assertThat(told).hasToString("half\ncell 3 timed_out: after 2 s\n");
  }

  @Test
  @Rule("C126")
  void nothing_that_an_agent_says_reaches_a_terminal_as_a_command() {
    prints("\u001b[2J\r\u009b\u0007\t|\n");
    calls("t\u001b", "{\"args\":[\"\\u001b[A\",\"\\u009b\"]}");
    verbose.ended("t", "\u001b]0;x\u0007");
    verbose.ended(raised("E\u001b", "\u0008"));
    assertThat(told.chars().filter(c -> Character.isISOControl(c) && c != '\n' && c != '\t'))
        .isEmpty();
    assertThat(told).startsWith("\\u001b[2J\\u000d\\u009b\\u0007\t|\n");
  }

  @Test
  @Rule("C126")
  void large_and_deep_arguments_are_cut() {
    calls("big", "{\"args\":[\"" + "x".repeat(100_000) + "\"]}");
    calls("wide", "[" + "1,".repeat(50_000) + "1]");
    calls("deep", "[".repeat(90) + "]".repeat(90));
    assertThat(told.length()).isLessThan(3 * Defaults.VERBOSE_PREVIEW);
    assertThat(told).contains("…)\n");
  }

  @Test
  @Rule("C134")
  void a_sink_that_throws_ends_nothing() {
    Verbose broken =
        new Verbose(
            text -> {
              throw new IllegalStateException("closed");
            });
    broken.printed(OutputChunk.of(StreamName.STDOUT, new byte[] {'x'}));
    broken.ended(raised("ValueError", ""));
    assertThat(told).isEmpty();
  }
}
