package dev.pyvisor.transport.stdio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.transport.process.Rule;
import dev.pyvisor.wire.Flag;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Hello;
import dev.pyvisor.wire.Lane;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What the host asks, and what of it the peer is asked for, in which order. */
class TranslatorTest {

  @Test
  void hello_says_only_what_the_dialect_can_do() {
    Frame hello = Voice.hello(4711, "incarnation");
    Hello read = Hello.parse(hello.body());
    assertThat(hello.kind()).isEqualTo(FrameKind.HELLO);
    assertThat(read.pid()).isEqualTo(4711);
    assertThat(read.capabilities()).containsExactly("execute", "variables", "tools", "reset");
  }

  // ---- the session ----

  @Test
  void a_session_opens_with_a_sign_of_life_of_the_peer() {
    Bench bench = new Bench();
    int id = bench.asks("session.open", "{\"name\":\"main\",\"generation\":3}");
    assertThat(bench.messages()).isEmpty();

    assertThat(bench.line())
        .isEqualTo("{\"jsonrpc\":\"2.0\",\"method\":\"reset\",\"params\":{},\"id\":1}");
    bench.says("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32000,\"message\":\"what?\"}}");

    JsonNode reply = bench.envelope();
    assertThat(reply.get("id").intValue()).isEqualTo(id);
    assertThat(reply.get("result").toString())
        .isEqualTo("{\"session\":1,\"generation\":3,\"workspace\":\"/work\"}");
  }

  @Test
  void a_second_session_is_refused_by_the_name_of_the_first() {
    Bench bench = Bench.opened();
    bench.asks("session.open", "{\"name\":\"other\"}");
    JsonNode error = bench.envelope().get("error");
    assertThat(error.at("/data/code").stringValue()).isEqualTo("invalid_state");
    assertThat(error.get("message").stringValue()).contains("one session").contains("'main'");
    assertThat(bench.line()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"name\":\"\"}                               | name must be",
        "{\"name\":\"m\",\"workspace\":\"/else\"}      | workspace must be /work",
        "{\"name\":\"m\",\"logging\":\"INFO\"}         | logging must be left out",
        "{\"name\":\"m\",\"checkpoint\":\"always\"}    | checkpoint must be auto or never",
        "{\"name\":\"m\",\"generation\":0}             | generation must be from 1",
      })
  void what_a_session_cannot_have_is_refused_by_its_value(String params, String message) {
    Bench bench = new Bench();
    bench.asks("session.open", params);
    JsonNode error = bench.envelope().get("error");
    assertThat(error.at("/data/code").stringValue()).isEqualTo("invalid_argument");
    assertThat(error.get("message").stringValue()).contains(message);
    assertThat(bench.line()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"checkpoint", "checkpoint.drop", "rollback", "branch", "file.list", "telepathy"})
  void what_the_dialect_cannot_do_is_refused_by_name(String method) {
    Bench bench = Bench.opened();
    bench.asks(method, "{\"session\":1,\"name\":\"x\"}");
    JsonNode error = bench.envelope().get("error");
    assertThat(error.at("/data/code").stringValue()).isEqualTo("method_not_found");
    assertThat(error.get("message").stringValue()).contains(method);
    assertThat(bench.line()).isEmpty();
  }

  @Test
  void a_session_that_is_closed_makes_room_for_another() {
    Bench bench = Bench.opened();
    bench.asks("session.close", "{\"session\":1}");
    bench.answers("{}");
    assertThat(bench.envelope().get("result").isEmpty()).isTrue();
    bench.asks("reset", "{\"session\":1}");
    assertThat(bench.envelope().at("/error/data/code").stringValue())
        .isEqualTo("session_not_found");
    bench.asks("session.open", "{\"name\":\"next\"}");
    bench.answers("{}");
    assertThat(bench.envelope().at("/result/session").intValue()).isEqualTo(2);
  }

  @Test
  @Rule("LIF-8")
  void what_the_host_left_half_told_to_a_closed_session_is_forgotten() {
    Bench bench = Bench.opened();
    byte[] head = ByteBuffer.allocate(6).putInt(100).putShort((short) 0).array();
    Frame begun = new Frame(FrameKind.RELAY, Flag.FIRST.bit(), 0, 1, 1, 1, 99, head);
    bench.sends(begun);
    assertThatThrownBy(() -> bench.sends(begun)).hasMessageContaining("FRM-13");
    bench.asks("session.close", "{\"session\":1}");
    assertThatCode(() -> bench.sends(begun)).doesNotThrowAnyException();
  }

  // ---- cells ----

  @Test
  @Rule({"C4", "C29"})
  void a_cell_is_one_line_of_ascii_and_has_no_limit_where_none_was_set() {
    Bench bench = Bench.opened();
    bench.executes(1, "print('é€😀')\n");
    assertThat(bench.line())
        .isEqualTo(
            "{\"jsonrpc\":\"2.0\",\"method\":\"execute\",\"params\":{\"code\":"
                + "\"print('\\u00E9\\u20AC\\uD83D\\uDE00')\\n\"},\"id\":2}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"graceMs\":2000}                      | {'code':'x'}",
        "{\"graceMs\":2000,\"draft\":true}      | {'code':'x','defer_final_output':true}",
        "{\"graceMs\":2000,\"draft\":false}     | {'code':'x'}",
        "{\"timeoutMs\":2500,\"graceMs\":2000}   | {'code':'x','execution_timeout_seconds':2.5}",
        "{\"timeoutMs\":3000,\"graceMs\":2000}   | {'code':'x','execution_timeout_seconds':3.0}",
        "{\"timeoutMs\":200,\"graceMs\":10}      | {'code':'x','execution_timeout_seconds':0.2,"
            + "'execution_timeout_interrupt_grace_seconds':0.01}",
        "{\"graceMs\":10}                        | {'code':'x'}",
      })
  @Rule("C29")
  void limit_and_grace_are_told_only_where_they_were_set(String params, String told) {
    Bench bench = Bench.opened();
    bench.cell(1, "execute", params, "x");
    assertThat(bench.line()).contains("\"params\":" + told.replace('\'', '"') + ",");
  }

  @Test
  void the_value_of_a_last_expression_is_refused_and_nothing_is_sent() {
    Bench bench = Bench.opened();
    bench.cell(1, "execute", "{\"value\":true}", "1");
    JsonNode error = bench.envelope().get("error");
    assertThat(error.at("/data/code").stringValue()).isEqualTo("invalid_argument");
    assertThat(error.get("message").stringValue()).contains("value must be false");
    assertThat(bench.line()).isEmpty();
  }

  @Test
  @Rule({"C11", "LIF-2"})
  void nothing_is_sent_while_a_request_is_open() {
    Bench bench = Bench.opened();
    bench.executes(1, "first");
    assertThat(bench.lineRead().at("/params/code").stringValue()).isEqualTo("first");

    bench.asks("tools.register", "{\"session\":1,\"tools\":[{\"name\":\"add\"}]}");
    bench.asks("reset", "{\"session\":1}");
    bench.executes(2, "second");
    assertThat(bench.line()).isEmpty();
    assertThat(bench.envelope().at("/error/data/code").stringValue()).isEqualTo("invalid_state");

    bench.says("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"output\":\"\"}}");
    assertThat(bench.lineRead().get("method").stringValue()).isEqualTo("register_tools");
    assertThat(bench.line()).isEmpty();
    bench.says("{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}");
    assertThat(bench.lineRead().get("method").stringValue()).isEqualTo("reset");
  }

  @Test
  void more_requests_than_may_wait_are_refused() {
    Bench bench = Bench.opened();
    bench.executes(1, "x");
    for (int i = 0; i < StdioLimits.WAITING_JOBS; i++) {
      bench.asks("reset", "{\"session\":1}");
    }
    assertThat(bench.messages()).isEmpty();
    bench.asks("reset", "{\"session\":1}");
    assertThat(bench.envelope().at("/error/data/code").stringValue())
        .isEqualTo("resource_exhausted");
  }

  @Test
  void a_cell_of_no_session_is_refused() {
    Bench bench = new Bench();
    bench.executes(1, "x");
    assertThat(bench.envelope().at("/error/data/code").stringValue())
        .isEqualTo("session_not_found");
  }

  @Test
  void code_whose_line_would_be_too_long_is_refused_and_nothing_is_sent() {
    Bench bench = Bench.opened();
    bench.executes(1, "é".repeat(StdioLimits.LINE / 6 + 1));
    JsonNode error = bench.envelope().get("error");
    assertThat(error.at("/data/code").stringValue()).isEqualTo("message_too_large");
    assertThat(bench.line()).isEmpty();
  }

  // ---- what needs no peer ----

  @Test
  @Rule("C91")
  void an_interrupt_is_none_and_is_not_sent() {
    Bench bench = Bench.opened();
    bench.executes(1, "x");
    bench.line();
    bench.asks("interrupt", "{\"session\":1,\"cell\":1}");
    assertThat(bench.envelope().get("result").toString()).isEqualTo("{\"running\":false}");
    assertThat(bench.line()).isEmpty();
  }

  @Test
  void pings_and_status_are_answered_while_a_cell_runs() {
    Bench bench = Bench.opened();
    bench.executes(7, "x");
    bench.clock.addAndGet(5_000_000);
    bench.sends(Frame.ping(new byte[] {1, 2}));
    assertThat(bench.frames).last().isEqualTo(Frame.pong(new byte[] {1, 2}));
    bench.asks("status", "{}");
    assertThat(bench.envelope().get("result").toString())
        .isEqualTo(
            "{\"incarnation\":\"incarnation\",\"uptimeMs\":5,\"sessions\":[{\"session\":1,"
                + "\"name\":\"main\",\"generation\":1,\"state\":\"busy\",\"cell\":7,\"pid\":null,"
                + "\"checkpoints\":[]}]}");
    bench.asks("evidence", "{}");
    assertThat(bench.envelope().at("/result/supervisor/pid").intValue()).isEqualTo(4711);
  }

  // ---- tools and reset ----

  @Test
  @Rule({"C56", "LIF-11"})
  void the_peer_is_told_of_tools_only_when_their_names_have_changed() {
    Bench bench = Bench.opened();
    String tools = "{\"session\":1,\"tools\":[{\"name\":\"a\"},{\"name\":\"b\"}]}";
    bench.asks("tools.register", tools);
    assertThat(bench.line())
        .isEqualTo(
            "{\"jsonrpc\":\"2.0\",\"method\":\"register_tools\",\"params\":{\"tools\":[\"a\",\"b\"]}"
                + ",\"id\":2}");
    bench.says("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}");
    assertThat(bench.envelope().get("result").isEmpty()).isTrue();

    bench.asks("tools.register", tools);
    assertThat(bench.line()).isEmpty();
    assertThat(bench.envelope().get("result").isEmpty()).isTrue();
  }

  @Test
  @Rule({"C56", "LIF-18"})
  void state_that_another_list_of_tools_costs_is_told_before_the_reply() {
    Bench bench = Bench.opened();
    bench.executes(1, "x = 1");
    bench.answers("{\"output\":\"\"}");
    bench.messages();
    bench.asks("tools.register", "{\"session\":1,\"tools\":[{\"name\":\"late\"}]}");
    bench.answers("{}");

    List<JsonNode> said = bench.envelopes();
    assertThat(said).hasSize(2);
    assertThat(said.get(0).get("method").stringValue()).isEqualTo("generation");
    assertThat(said.get(0).at("/params/generation").intValue()).isEqualTo(2);
    assertThat(said.get(0).at("/params/state/preserved").booleanValue()).isFalse();
    assertThat(said.get(0).at("/params/state/reason").stringValue()).contains("register_tools");
    assertThat(said.get(1).has("result")).isTrue();
  }

  @Test
  @Rule("LIF-11")
  void our_own_runner_keeps_the_state_so_no_loss_is_told() {
    Bench bench = new Bench(HostVerbs.Registration.KEEPS_STATE).open();
    bench.executes(1, "x = 1");
    bench.answers("{\"output\":\"\"}");
    bench.messages();
    bench.asks("tools.register", "{\"session\":1,\"tools\":[{\"name\":\"late\"}]}");
    bench.answers("{}");
    assertThat(bench.envelope().has("result")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"5", "[5]", "[{}]", "[{\"name\":\"a\"},{\"name\":\"a\"}]"})
  void a_list_of_tools_that_is_none_is_refused(String tools) {
    Bench bench = Bench.opened();
    bench.asks("tools.register", "{\"session\":1,\"tools\":" + tools + "}");
    assertThat(bench.envelope().at("/error/data/code").stringValue()).isEqualTo("invalid_argument");
  }

  @Test
  void a_peer_that_refuses_tools_fails_the_registration_and_is_asked_again() {
    Bench bench = Bench.opened();
    String tools = "{\"session\":1,\"tools\":[{\"name\":\"a\"}]}";
    bench.asks("tools.register", tools);
    bench.fails(
        "{\"code\":-32000,\"message\":\"no\",\"data\":{\"type\":\"ValueError\",\"message\":\"no\"}}");
    assertThat(bench.envelope().at("/error/message").stringValue()).contains("ValueError: no");
    bench.asks("tools.register", tools);
    assertThat(bench.lineRead().get("method").stringValue()).isEqualTo("register_tools");
  }

  @Test
  @Rule({"C3", "LIF-11"})
  void a_reset_brings_the_tools_back() {
    Bench bench = Bench.opened();
    bench.asks("tools.register", "{\"session\":1,\"tools\":[{\"name\":\"a\"}]}");
    bench.answers("{}");
    bench.messages();
    bench.asks("reset", "{\"session\":1}");
    bench.answers("{}");
    assertThat(bench.messages()).isEmpty();
    JsonNode again = bench.lineRead();
    assertThat(again.get("method").stringValue()).isEqualTo("register_tools");
    bench.says("{\"jsonrpc\":\"2.0\",\"id\":" + again.get("id") + ",\"result\":{}}");
    List<JsonNode> said = bench.envelopes();
    assertThat(said.get(0).get("result").toString()).isEqualTo("{\"generation\":2}");
    assertThat(said.get(1).at("/params/reason").stringValue()).isEqualTo("reset");
  }

  // ---- flow ----

  @Test
  @Rule({"TRN-1", "TRN-6"})
  void output_goes_as_far_as_its_credit_and_the_terminal_waits_behind_it() {
    Bench bench = Bench.opened();
    bench.executes(1, "x");
    String text = "0123456789abcdef".repeat(3 * Lane.STDOUT.window() / 16);
    bench.answers("{\"output\":\"" + text + "\"}");
    assertThat(bench.output(FrameKind.STDOUT)).hasSize(Lane.STDOUT.window());
    assertThat(bench.messages()).isEmpty();
    bench.executes(2, "next");
    assertThat(bench.envelope().at("/error/data/code").stringValue()).isEqualTo("invalid_state");

    bench.sends(Frame.credit(1, Lane.STDOUT, Lane.STDOUT.window()));
    bench.sends(Frame.credit(1, Lane.STDERR, Lane.STDOUT.window()));
    assertThat(bench.messages()).isEmpty();
    bench.sends(Frame.credit(1, Lane.STDOUT, Lane.STDOUT.window()));
    assertThat(bench.output(FrameKind.STDOUT)).isEqualTo(text);
    assertThat(bench.envelope().at("/result/totals/stdout/bytes").intValue())
        .isEqualTo(text.length());
  }

  @Test
  @Rule("TRN-2")
  void the_host_gets_credit_back_only_while_the_peer_reads() throws Exception {
    Bench bench = Bench.opened();
    String piece = "x".repeat(StdioLimits.CREDIT_STEP);
    bench.executes(1, piece.repeat(9));
    // While a message comes in nothing waits for the peer: it may be larger than the window.
    assertThat(credit(bench)).isGreaterThanOrEqualTo(8L * StdioLimits.CREDIT_STEP);
    bench.answers("{\"output\":\"\"}");

    bench.executes(2, "x");
    bench.line();
    for (int call = 0; call < 12; call++) {
      bench.calls(call, "f", "[]");
      bench.tool(2, Integer.toString(call), "\"result\":\"" + piece + "\"");
    }
    long before = credit(bench);
    assertThat(bench.lines.waiting()).isGreaterThan(StdioLimits.BACKLOG);
    while (!bench.line().isEmpty()) {
      continue;
    }
    assertThat(credit(bench)).isGreaterThan(before);
  }

  private static long credit(Bench bench) {
    return bench.frames.stream()
        .filter(frame -> frame.kind() == FrameKind.CREDIT)
        .mapToLong(frame -> java.nio.ByteBuffer.wrap(frame.body()).getInt(1))
        .sum();
  }

  // ---- the end ----

  @Test
  @Rule("C103")
  void a_peer_that_waits_for_a_request_is_told_of_the_end() {
    Bench bench = Bench.opened();
    bench.translator.hostEnded();
    assertThat(bench.line())
        .isEqualTo("{\"jsonrpc\":\"2.0\",\"method\":\"shutdown\",\"params\":{},\"id\":2}");
    assertThat(bench.line()).isEmpty();
  }

  @Test
  void a_peer_that_runs_a_cell_only_finds_its_input_ended() throws Exception {
    Bench bench = Bench.opened();
    bench.executes(1, "x");
    bench.line();
    bench.translator.hostEnded();
    assertThat(bench.lines.take(java.nio.ByteBuffer.allocate(10))).isFalse();
  }

  @Test
  void shutdown_is_told_and_ends_the_input() throws Exception {
    Bench bench = Bench.opened();
    bench.asks("shutdown", "{}");
    bench.answers("{\"shutdown\":true}");
    assertThat(bench.envelope().get("result").isEmpty()).isTrue();
    assertThat(bench.lines.take(java.nio.ByteBuffer.allocate(10))).isFalse();
  }
}
