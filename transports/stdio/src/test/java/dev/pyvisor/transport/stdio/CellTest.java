package dev.pyvisor.transport.stdio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateSource;
import dev.pyvisor.transport.process.Rule;
import dev.pyvisor.wire.Flag;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.StreamTotals;
import dev.pyvisor.wire.Terminal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What the peer answers to a cell, and what the host is told of it. */
class CellTest {
  private final Bench bench = Bench.opened();
  private List<JsonNode> said = List.of();

  /** The terminal of cell 1, and what came before it. */
  private Terminal answered(String result) {
    bench.executes(1, "x");
    bench.answers(result);
    return terminal(bench.envelopes());
  }

  private Terminal failed(String error) {
    bench.executes(1, "x");
    bench.fails(error);
    return terminal(bench.envelopes());
  }

  private Terminal terminal(List<JsonNode> envelopes) {
    said = envelopes;
    Terminal terminal =
        Terminal.parse(
            envelopes.stream()
                .filter(envelope -> envelope.has("result"))
                .findFirst()
                .orElseThrow()
                .get("result"));
    assertThat(terminal.stdout()).isEqualTo(total(FrameKind.STDOUT));
    assertThat(terminal.stderr()).isEqualTo(total(FrameKind.STDERR));
    return terminal;
  }

  private Terminal.Total total(FrameKind stream) {
    StreamTotals totals = new StreamTotals();
    bench.frames.stream()
        .filter(frame -> frame.kind() == stream && !frame.has(Flag.LATE))
        .forEach(frame -> totals.add(frame.body()));
    return new Terminal.Total(totals.bytes(), totals.crc32());
  }

  private JsonNode report(String path) {
    return said.stream()
        .filter(envelope -> envelope.path("method").asString("").equals("cell.report"))
        .findFirst()
        .orElseThrow()
        .at("/params" + path);
  }

  private JsonNode generation() {
    return said.stream()
        .filter(envelope -> envelope.path("method").asString("").equals("generation"))
        .findFirst()
        .orElseThrow()
        .get("params");
  }

  // ---- output ----

  @Test
  @Rule({"C4", "LIF-3", "LIF-4"})
  void output_comes_before_the_terminal_and_is_counted() {
    bench.executes(1, "print('é')");
    bench.clock.addAndGet(1_500_000);
    bench.answers("{\"output\":\"é\\n\"}");

    Frame first = bench.frames.get(0);
    assertThat(first.kind()).isEqualTo(FrameKind.STDOUT);
    assertThat(first.cell()).isEqualTo(1);
    assertThat(new String(first.body(), StandardCharsets.UTF_8)).isEqualTo("é\n");
    Terminal terminal = terminal(bench.envelopes());
    assertThat(terminal.kind()).isEqualTo(OutcomeKind.COMPLETED);
    assertThat(terminal.state().source()).isEqualTo(StateSource.LIVE);
    assertThat(terminal.generation()).isEqualTo(1);
    assertThat(terminal.elapsed()).isEqualTo(Duration.ofNanos(1_500_000));
  }

  @Test
  @Rule("C5")
  void no_output_is_no_frame() {
    assertThat(answered("{\"output\":\"\"}").kind()).isEqualTo(OutcomeKind.COMPLETED);
    assertThat(bench.frames).noneMatch(frame -> frame.kind() == FrameKind.STDOUT);
  }

  @Test
  void half_a_surrogate_becomes_the_character_for_what_cannot_be_told() {
    answered("{\"output\":\"a\\ud800b😀\"}");
    assertThat(bench.output(FrameKind.STDOUT)).isEqualTo("a\uFFFDb😀");
  }

  // ---- errors ----

  @Test
  @Rule({"C31", "C32"})
  void an_error_is_told_with_what_was_printed_before_it() {
    Terminal terminal =
        failed(
            "{\"code\":-32000,\"message\":\"bad\",\"data\":{\"type\":\"ValueError\",\"message\":"
                + "\"bad\",\"args\":[\"bad\"],\"output\":\"before failure\\n\"}}");
    assertThat(terminal.kind()).isEqualTo(OutcomeKind.RAISED);
    assertThat(terminal.state().preserved()).isTrue();
    assertThat(bench.output(FrameKind.STDOUT)).isEqualTo("before failure\n");
    assertThat(report("/error/type").stringValue()).isEqualTo("ValueError");
    assertThat(report("/error/message").stringValue()).isEqualTo("bad");
    assertThat(report("/error/traceback").stringValue()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"error\":{\"type\":\"NameError\",\"message\":\"missing_name\"}",
        "\"id\":2,\"error\":{\"type\":\"NameError\",\"message\":\"missing_name\"}",
        "\"id\":null,\"error\":{\"code\":1,\"message\":\"missing_name\",\"data\":{\"type\":\"NameError\"}}"
      })
  @Rule("C38")
  void an_error_without_data_and_an_answer_without_an_id_are_taken(String fields) {
    bench.executes(1, "x");
    bench.line();
    bench.says("{\"ok\":false," + fields + "}");
    assertThat(terminal(bench.envelopes()).kind()).isEqualTo(OutcomeKind.RAISED);
    assertThat(report("/error/type").stringValue()).isEqualTo("NameError");
    assertThat(report("/error/message").stringValue()).isEqualTo("missing_name");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"output\":5}", "[]", "{\"timeout\":1}", "null"})
  void an_answer_of_no_known_kind_leaves_the_cell_unknown(String result) {
    bench.executes(1, "x");
    bench.answers(result);
    JsonNode error = bench.envelope().get("error");
    assertThat(error.at("/data/code").stringValue()).isEqualTo("internal");
    assertThat(error.get("message").stringValue()).contains("none of output, final");
    bench.executes(2, "next");
    assertThat(bench.line()).contains("next");
  }

  // ---- deadlines ----

  @Test
  @Rule({"C57", "C58", "LIF-16"})
  void a_deadline_that_the_kernel_heeded_leaves_the_live_state() {
    Terminal terminal =
        answered(
            "{\"timeout\":{\"seconds\":0.1},\"stdout\":\"out\\n\",\"stderr\":\"err\\n\",\"state\":"
                + "{\"preserved\":true,\"source\":\"live_kernel\",\"scope\":\"full_live\"}}");
    assertThat(terminal.kind()).isEqualTo(OutcomeKind.TIMED_OUT);
    assertThat(terminal.cause().orElseThrow().text()).isEqualTo("timed out after 0.1 s");
    assertThat(terminal.state().source()).isEqualTo(StateSource.LIVE);
    assertThat(terminal.state().preserved()).isTrue();
    assertThat(bench.output(FrameKind.STDOUT)).isEqualTo("out\n");
    assertThat(bench.output(FrameKind.STDERR)).isEqualTo("err\n");
    assertThat(said).hasSize(1);
  }

  @Test
  @Rule({"C65", "C78", "LIF-18"})
  void a_snapshot_is_told_with_what_it_has_and_lacks_and_a_new_generation_follows() {
    Terminal terminal =
        answered(
            "{\"timeout\":{\"seconds\":1},\"stdout\":\"\",\"stderr\":\"\",\"state\":{\"preserved\":"
                + "false,\"source\":\"pickle_snapshot\",\"scope\":\"pickleable_globals\",\"reason\":"
                + "\"no answer\",\"restored_globals\":[\"a\"],\"lost_globals\":[\"b\",\"c\"]}}");
    assertThat(terminal.cause().orElseThrow().text())
        .isEqualTo("timed out after 1 s; it was killed: no answer");
    assertThat(terminal.state().source()).isEqualTo(StateSource.SNAPSHOT);
    assertThat(terminal.state().restored()).containsExactly("a");
    assertThat(terminal.state().lost()).containsExactly("b", "c");
    assertThat(terminal.state().reason()).hasValue("no answer");
    assertThat(terminal.generation()).isEqualTo(1);
    assertThat(generation().get("generation").intValue()).isEqualTo(2);
    assertThat(said.get(1).path("method").asString("")).isEqualTo("generation");
  }

  @Test
  void a_frozen_copy_that_took_over_is_a_checkpoint() {
    Terminal terminal =
        answered(
            "{\"timeout\":{\"seconds\":1},\"stdout\":\"\",\"stderr\":\"\",\"state\":{\"preserved\":"
                + "true,\"source\":\"fork_checkpoint\",\"scope\":\"full_checkpoint\",\"reason\":\"r\","
                + "\"restored_globals\":[\"a\"],\"lost_globals\":[]}}");
    assertThat(terminal.state().source()).isEqualTo(StateSource.CHECKPOINT);
    assertThat(terminal.state().preserved()).isTrue();
    assertThat(generation().get("generation").intValue()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ",\"state\":{\"preserved\":true,\"source\":\"crystal_ball\"}", ",\"state\":7"})
  void state_that_is_not_told_is_not_made_up(String state) {
    Terminal terminal =
        answered("{\"timeout\":{\"seconds\":1},\"stdout\":\"\",\"stderr\":\"\"" + state + "}");
    assertThat(terminal.state().preserved()).isFalse();
    assertThat(terminal.state().source()).isEqualTo(StateSource.FRESH);
    assertThat(terminal.state().reason().orElseThrow()).contains("does not say");
  }

  @Test
  @Rule("C91f")
  void an_interrupted_cell_is_told_as_interrupted() {
    Terminal terminal =
        answered(
            "{\"timeout\":{\"seconds\":null,\"interrupted\":true},\"stdout\":\"\",\"stderr\":\"\","
                + "\"state\":{\"preserved\":true,\"source\":\"live_kernel\",\"scope\":\"full_live\"}}");
    assertThat(terminal.kind()).isEqualTo(OutcomeKind.INTERRUPTED);
    assertThat(terminal.cause().orElseThrow().text()).isEqualTo("interrupted");
  }

  // ---- death ----

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "(exitcode=7) | the kernel ended with exit status 7",
        "(exitcode=-9)| the kernel was killed by SIGKILL",
        "(exitcode=-60)| the kernel was killed by signal 60",
        "(exitcode=unknown)| the kernel closed or broke its channel",
        ":exitcode=7  | the kernel ended with exit status 7",
        "at all       | kernel_died",
      })
  @Rule({"C36", "LIF-7"})
  void a_kernel_that_died_is_a_crash_and_its_state_is_lost(String end, String cause) {
    String message = "execution runner exited without a result " + end;
    Terminal terminal =
        failed(
            "{\"code\":-32000,\"message\":\"m\",\"data\":{\"type\":\"RuntimeError\",\"message\":\""
                + message
                + "\",\"args\":[],\"output\":\"last words\\n\"}}");
    assertThat(terminal.kind()).isEqualTo(OutcomeKind.CRASHED);
    assertThat(terminal.cause().orElseThrow().text()).startsWith(cause).contains(message);
    assertThat(terminal.state().source()).isEqualTo(StateSource.FRESH);
    assertThat(bench.output(FrameKind.STDOUT)).isEqualTo("last words\n");
    assertThat(generation().get("reason").stringValue()).isEqualTo("crashed");
    bench.executes(2, "next");
    bench.answers("{\"output\":\"\"}");
    assertThat(Terminal.parse(bench.envelope().get("result")).generation()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fork_checkpoint | true  | CHECKPOINT",
        "fork_checkpoint | false | CHECKPOINT",
        "pickle_snapshot | false | SNAPSHOT",
        "fresh_kernel    | false | FRESH",
      })
  void our_own_runner_says_what_is_left_of_a_kernel_that_died(
      String source, boolean preserved, StateSource told) {
    Terminal terminal =
        failed(
            "{\"code\":-32000,\"message\":\"m\",\"data\":{\"type\":\"RuntimeError\",\"message\":"
                + "\"execution runner exited without a result (exitcode=7)\",\"state\":{\"preserved\":"
                + preserved
                + ",\"source\":\""
                + source
                + "\",\"reason\":\"why\",\"restored_globals\":[\"a\"],\"lost_globals\":[\"b\"]}}}");
    assertThat(terminal.kind()).isEqualTo(OutcomeKind.CRASHED);
    assertThat(terminal.state().source()).isEqualTo(told);
    assertThat(terminal.state().preserved()).isEqualTo(preserved);
    assertThat(terminal.state().restored()).containsExactly("a");
    assertThat(terminal.state().lost()).containsExactly("b");
    assertThat(terminal.state().reason()).hasValue("why");
  }

  @Test
  void an_ordinary_error_with_such_words_inside_is_no_death() {
    assertThat(
            failed(
                    "{\"code\":1,\"message\":\"m\",\"data\":{\"type\":\"RuntimeError\",\"message\":"
                        + "\"so: execution runner exited without a result\"}}")
                .kind())
        .isEqualTo(OutcomeKind.RAISED);
  }

  // ---- submitting ----

  @ParameterizedTest
  @ValueSource(strings = {"final", "submitted"})
  @Rule({"C43", "C44"})
  void what_a_cell_submits_is_its_value(String kind) {
    Terminal terminal = answered("{\"" + kind + "\":{\"answer\":[1,NaN]}}");
    assertThat(terminal.kind()).isEqualTo(OutcomeKind.SUBMITTED);
    assertThat(report("/value/data").toString())
        .isEqualTo("{\"answer\":[1,{\"$py\":\"float\",\"value\":\"nan\"}]}");
    assertThat(report("/submitted")).isEqualTo(report("/value/data"));
  }

  // ---- variables ----

  @Test
  @Rule("C27")
  void a_variable_is_written_as_json_text() {
    int id =
        bench.cell(
            1,
            "variable.set",
            "{\"name\":\"x\",\"timeoutMs\":1000,\"graceMs\":2000}",
            "{\"a\":\"é\\\"\\n\",\"n\":{\"$py\":\"float\",\"value\":\"-inf\"},\"big\":"
                + "{\"$py\":\"int\",\"hex\":\"-0x10000000000000000\"}}");
    JsonNode line = bench.lineRead();
    assertThat(line.at("/params/code").stringValue())
        .isEqualTo(
            "x = __import__(\"json\").loads(\"{\\\"a\\\":\\\"\\\\u00E9\\\\\\\"\\\\n\\\","
                + "\\\"n\\\":-Infinity,\\\"big\\\":-18446744073709551616}\")");
    bench.says("{\"jsonrpc\":\"2.0\",\"id\":" + line.get("id") + ",\"result\":{\"output\":\"\"}}");
    JsonNode reply = bench.envelope();
    assertThat(reply.get("id").intValue()).isEqualTo(id);
    assertThat(Terminal.parse(reply.get("result")).kind()).isEqualTo(OutcomeKind.COMPLETED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x   | {\"$py\":\"bytes\",\"attachment\":0}           | 'bytes'",
        "x   | [{\"$py\":\"set\",\"items\":[1]}]              | 'set'",
        "x   | {\"$py\":\"tuple\",\"items\":[1]}              | 'tuple'",
        "x   | {\"$py\":\"dict\",\"items\":[[1,2]]}           | the key 1",
        "x y | 1                                              | not 'x y'",
        "1x  | 1                                              | not '1x'",
        "''  | 1                                              | identifier",
      })
  void a_variable_that_would_change_on_the_way_is_refused(
      String name, String document, String message) {
    bench.cell(1, "variable.set", "{\"name\":\"" + name + "\"}", document);
    JsonNode error = bench.envelope().get("error");
    assertThat(error.at("/data/code").stringValue()).isEqualTo("invalid_argument");
    assertThat(error.get("message").stringValue()).contains(message).startsWith("variable.set");
    assertThat(bench.line()).isEmpty();
  }

  @Test
  @Rule({"C27", "LIF-6"})
  void a_variable_is_read_between_marks_and_what_else_was_printed_is_late() {
    bench.cell(1, "variable.get", "{\"name\":\"x\"}");
    assertThat(bench.lineRead().at("/params/code").stringValue())
        .startsWith("__import__(\"builtins\").exec(\"")
        .contains("\"value\": x, \"mark\": \"" + Bench.MARK + "\"");
    bench.says(
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"output\":\"before "
            + Bench.MARK
            + "{\\\"type\\\":\\\"builtins.list\\\",\\\"repr\\\":\\\"[1]\\\",\\\"data\\\":[1]}"
            + Bench.MARK
            + "\\nafter\"}}");
    assertThat(terminal(bench.envelopes()).kind()).isEqualTo(OutcomeKind.COMPLETED);
    assertThat(report("/value").toString())
        .isEqualTo("{\"data\":[1],\"repr\":\"[1]\",\"type\":\"builtins.list\"}");
    assertThat(bench.output(FrameKind.STDOUT)).isEqualTo("before after");
    assertThat(bench.frames)
        .filteredOn(frame -> frame.kind() == FrameKind.STDOUT)
        .allMatch(frame -> frame.has(Flag.LATE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "nothing", "3f9a", "3f9a{}3f9a", "3f9a[3f9a", "3f9a{\\\"data\\\":1}"})
  void a_variable_that_was_not_printed_is_not_made_up(String output) {
    bench.cell(1, "variable.get", "{\"name\":\"x\"}");
    bench.answers("{\"output\":\"" + output + "\"}");
    assertThat(bench.envelope().at("/error/message").stringValue())
        .contains("did not print the value");
  }
}
