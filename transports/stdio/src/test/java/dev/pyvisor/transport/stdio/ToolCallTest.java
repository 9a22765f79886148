package dev.pyvisor.transport.stdio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.transport.process.Rule;
import dev.pyvisor.wire.EnvelopePeek;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.ProtocolError;
import dev.pyvisor.wire.Terminal;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Tool calls of a peer on their way to the host, and the answers on their way back. */
class ToolCallTest {
  /** As a peer numbers them: its kernel's process, and a count. */
  private static final long ID = (4711L << 32) + 1;

  private final Bench bench = Bench.opened();

  @BeforeEach
  void begin() {
    bench.executes(1, "x");
    bench.line();
  }

  private Terminal end() {
    bench.says("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"output\":\"\"}}");
    return Terminal.parse(bench.envelope().get("result"));
  }

  private String answer(String resultOrError) {
    bench.calls(ID, "f", "[]");
    bench.tool(1, Long.toString(ID), resultOrError);
    return bench.line();
  }

  @Test
  @Rule({"C48", "FRM-14"})
  void a_call_is_relayed_with_what_it_is_routed_by_in_front() {
    bench.says(
        "{\"jsonrpc\":\"2.0\",\"method\":\"tool_call\",\"params\":{\"kwargs\":{\"question\":"
            + "\"2+2?\"},\"args\":[\"question -> answer\"],\"name\":\"predict\"},\"id\":"
            + ID
            + "}");
    Message call = bench.messages().get(0);
    assertThat(call.kind()).isEqualTo(FrameKind.RELAY);
    assertThat(call.cell()).isEqualTo(1);
    assertThat(call.generation()).isEqualTo(1);
    assertThat(EnvelopePeek.of(call.envelope()))
        .isEqualTo(new EnvelopePeek("tool.call", Long.toString(ID), "predict"));
    assertThat(Bench.envelope(call).get("params").toString())
        .isEqualTo(
            "{\"name\":\"predict\",\"args\":[\"question -> answer\"],\"kwargs\":"
                + "{\"question\":\"2+2?\"}}");
    assertThat(end().toolCalls()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "null                     | 'json'   | null",
        "{\"total\":3}            | 'json'   | {\\\"total\\\":3}",
        "[1,2.5,true]             | 'json'   | [1,2.5,true]",
        "\"text\"                 | 'string' | text",
        "\"é\"                    | 'string' | \\u00E9",
        "\"[1]\"                  | 'string' | [1]",
        "{\"$py\":\"float\",\"value\":\"nan\"}            | 'json'   | NaN",
        "{\"$py\":\"set\",\"items\":[1,2]}                | 'json'   | [1,2]",
        "{\"$py\":\"decimal\",\"value\":\"1.50\"}         | 'string' | 1.50",
        "[{\"$py\":\"date\",\"iso\":\"2026-01-02\"}]      | 'json'   | [\\\"2026-01-02\\\"]",
        "{\"$py\":\"timedelta\",\"days\":1,\"seconds\":2,\"microseconds\":500000} | 'json' | 86402.5",
      })
  @Rule("C49")
  void a_result_is_plain_json_or_text(String result, String type, String value) {
    assertThat(answer("\"result\":" + result))
        .isEqualTo(
            "{\"jsonrpc\":\"2.0\",\"id\":"
                + ID
                + ",\"result\":{\"type\":\""
                + type.replace("'", "")
                + "\",\"value\":\""
                + value
                + "\"}}");
  }

  @Test
  @Rule({"C51", "C52"})
  void a_tools_failure_has_its_type_and_message() {
    assertThat(
            answer(
                "\"error\":{\"code\":-32010,\"message\":\"no such city\",\"data\":{\"code\":"
                    + "\"tool_failed\",\"type\":\"java.lang.IllegalArgumentException\",\"message\":"
                    + "\"no such city\"}}"))
        .isEqualTo(
            "{\"jsonrpc\":\"2.0\",\"id\":"
                + ID
                + ",\"error\":{\"code\":-32000,\"message\":\"no such city\",\"data\":{\"type\":"
                + "\"java.lang.IllegalArgumentException\",\"message\":\"no such city\",\"args\":"
                + "[\"no such city\"]}}}");
  }

  @Test
  void a_refusal_of_the_host_has_its_code_for_a_type() {
    assertThat(
            answer(
                "\"error\":{\"code\":-32002,\"message\":\"Unknown tool: f\",\"data\":{\"code\":"
                    + "\"tool_not_found\"}}"))
        .contains("\"type\":\"tool_not_found\"")
        .contains("Unknown tool: f");
  }

  @Test
  void a_result_that_has_no_form_in_the_dialect_is_an_error_that_says_so() {
    assertThat(answer("\"result\":{\"$py\":\"bytes\",\"attachment\":0}"))
        .contains("\"error\"")
        .contains("the tool's result")
        .contains("'bytes'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[NaN,-Infinity]        | [{\"$py\":\"float\",\"value\":\"nan\"},{\"$py\":\"float\",\"value\":\"-inf\"}]",
        "[18446744073709551616] | [{\"$py\":\"int\",\"hex\":\"0x10000000000000000\"}]",
        "[9007199254740993]     | [9007199254740993]",
        "[\"\\ud800\\\\\"]      | [{\"$py\":\"str\",\"escaped\":\"\\\\ud800\\\\\\\\\"}]",
        "[{\"$py\":1}]          | [{\"$py\":\"dict\",\"items\":[[\"$py\",1]]}]",
        "[{\"a\":[]}]           | [{\"a\":[]}]",
      })
  @Rule("C27")
  void arguments_take_the_forms_of_documents(String args, String document) {
    bench.calls(ID, "f", args);
    assertThat(bench.envelope().at("/params/args").toString()).isEqualTo(document);
  }

  @Test
  @Rule("SES-12")
  void an_argument_that_is_nested_too_deep_is_cut_where_the_hosts_limit_is() {
    bench.calls(ID, "f", "[" + "[".repeat(300) + "]".repeat(300) + "]");
    Message call = bench.messages().get(0);
    assertThat(Bench.envelope(call).toString())
        .contains("{\"$py\":\"cut\",\"type\":\"list\",\"reason\":\"depth\"}");
  }

  // ---- what must not be ----

  @Test
  @Rule("C110")
  void answers_of_tools_whose_cell_has_ended_are_dropped() {
    for (int call = 0; call < 11; call++) {
      bench.calls(ID + call, "predict", "[" + call + "]");
    }
    bench.tool(1, Long.toString(ID), "\"result\":-1");
    assertThat(bench.messages()).hasSize(11);
    // The first answer waits for the writer when the cell ends, the others come later.
    assertThat(end().toolCalls()).isEqualTo(11);
    for (int call = 1; call < 11; call++) {
      bench.tool(1, Long.toString(ID + call), "\"result\":-1");
    }
    assertThat(bench.line()).isEmpty();

    bench.executes(2, "next");
    assertThat(bench.line()).contains("next");
    bench.calls(ID + 20, "predict", "[999]");
    bench.tool(1, Long.toString(ID + 20), "\"result\":-1");
    bench.tool(2, Long.toString(ID + 20), "\"result\":123");
    assertThat(bench.line()).contains("123");
    assertThat(bench.line()).isEmpty();
  }

  @Test
  void an_answer_that_comes_twice_is_sent_once() {
    assertThat(answer("\"result\":1")).isNotEmpty();
    bench.tool(1, Long.toString(ID), "\"result\":1");
    assertThat(bench.line()).isEmpty();
  }

  @Test
  void a_call_between_two_cells_is_dropped_for_its_answer_would_be_taken_for_a_request() {
    end();
    bench.calls(ID, "f", "[]");
    assertThat(bench.messages()).isEmpty();
    assertThat(bench.line()).isEmpty();
  }

  @Test
  void an_id_that_is_in_use_is_refused_and_does_not_count() {
    bench.calls(ID, "f", "[]");
    bench.calls(ID, "f", "[]");
    assertThat(bench.line()).contains("the id " + ID + " is in use");
    assertThat(bench.messages()).hasSize(1);
    assertThat(end().toolCalls()).isEqualTo(1);
  }

  @Test
  void more_calls_than_may_be_open_are_refused() {
    for (int call = 0; call < Limits.TOOL_CALLS; call++) {
      bench.calls(ID + call, "f", "[]");
    }
    assertThat(bench.line()).isEmpty();
    bench.calls(ID - 1, "f", "[]");
    assertThat(bench.line()).contains("resource_exhausted");
    bench.tool(1, Long.toString(ID), "\"result\":1");
    bench.line();
    bench.calls(ID - 1, "f", "[]");
    assertThat(bench.line()).isEmpty();
  }

  @Test
  @Rule("TRN-5")
  void a_peer_that_goes_on_calling_and_reads_nothing_is_broken() {
    String name = "n".repeat(1024 * 1024);
    List<String> calls =
        List.of("{\"method\":\"" + name + "\",\"id\":1}", "{\"method\":\"tool_call\",\"id\":2}");
    assertThatThrownBy(
            () -> {
              for (int call = 0; call < 4 * StdioLimits.LINE / name.length(); call++) {
                bench.says(calls.get(call % 2));
              }
            })
        .isInstanceOf(ProtocolError.class)
        .hasMessageContaining("STDIO-3");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"args\":[],\"kwargs\":{}}",
        "{\"name\":5,\"args\":[],\"kwargs\":{}}",
        "{\"name\":\"f\",\"args\":{},\"kwargs\":{}}",
        "{\"name\":\"f\",\"args\":[],\"kwargs\":[]}",
        "7"
      })
  void a_call_that_is_none_is_answered_with_an_error(String params) {
    bench.says("{\"jsonrpc\":\"2.0\",\"method\":\"tool_call\",\"params\":" + params + ",\"id\":1}");
    assertThat(bench.line()).contains("tool_call needs a name");
    assertThat(bench.messages()).isEmpty();
  }

  @Test
  @Rule("C39")
  void an_unknown_method_is_answered_and_a_notification_is_not() {
    bench.says("{\"jsonrpc\":\"2.0\",\"method\":\"telepathy\",\"params\":{},\"id\":\"é\"}");
    JsonNode line = bench.lineRead();
    assertThat(line.get("id").stringValue()).isEqualTo("é");
    assertThat(line.at("/error/message").stringValue()).isEqualTo("Unknown method: telepathy");
    bench.says("{\"jsonrpc\":\"2.0\",\"method\":\"runtime_hook_event\",\"params\":{}}");
    assertThat(bench.line()).isEmpty();
  }
}
