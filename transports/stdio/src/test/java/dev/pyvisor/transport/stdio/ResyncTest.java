package dev.pyvisor.transport.stdio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.transport.process.Rule;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.ProtocolError;
import dev.pyvisor.wire.Terminal;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Which answer is whose, and what is none. */
class ResyncTest {
  private static final String FRESH =
      "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"output\":\"fresh\"}}";

  private final Bench bench = Bench.opened();

  @BeforeEach
  void begin() {
    bench.executes(1, "x");
    bench.line();
  }

  private void stale(int id) {
    bench.says("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{\"output\":\"stale\"}}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":{\"output\":\"stale\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":99,\"error\":{\"code\":-32000,\"message\":\"stale\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":\"2\",\"result\":{\"output\":\"stale\"}}"
      })
  @Rule("C105")
  void an_answer_with_another_id_is_skipped(String stale) {
    bench.says(stale);
    assertThat(bench.messages()).isEmpty();
    bench.says(FRESH);
    assertThat(bench.envelopes()).hasSize(1);
    assertThat(bench.output(FrameKind.STDOUT)).isEqualTo("fresh");
  }

  @Test
  @Rule("C106")
  void several_in_a_row_are_skipped() {
    for (int id = 3; id < 3 + StdioLimits.STALE_ANSWERS; id++) {
      stale(id);
    }
    assertThat(bench.messages()).isEmpty();
    bench.says(FRESH);
    assertThat(bench.output(FrameKind.STDOUT)).isEqualTo("fresh");
  }

  @Test
  @Rule("C107")
  void one_more_than_may_be_ends_the_request_and_the_next_one_begins_anew() {
    for (int id = 100; id < 100 + StdioLimits.STALE_ANSWERS; id++) {
      stale(id);
    }
    assertThat(bench.messages()).isEmpty();
    stale(99);
    JsonNode error = bench.envelope().get("error");
    assertThat(error.at("/data/code").stringValue()).isEqualTo("internal");
    assertThat(error.get("message").stringValue()).containsPattern("51 stale .*resyncing");

    bench.executes(2, "next");
    assertThat(bench.line()).contains("\"id\":3");
    bench.says(FRESH);
    bench.says("{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"output\":\"\"}}");
    assertThat(Terminal.parse(bench.envelope().get("result")).toolCalls()).isZero();
  }

  @Test
  @Rule("C107")
  void the_count_begins_anew_with_each_request() {
    for (int round = 0; round < 3; round++) {
      for (int id = 100; id < 100 + StdioLimits.STALE_ANSWERS; id++) {
        stale(id);
      }
      bench.says("{\"jsonrpc\":\"2.0\",\"id\":" + (2 + round) + ",\"result\":{\"output\":\"\"}}");
      assertThat(bench.envelope().has("result")).isTrue();
      bench.executes(2 + round, "x");
      bench.line();
    }
  }

  @Test
  @Rule("C108")
  void tool_calls_between_are_not_stale() {
    for (int call = 0; call <= StdioLimits.STALE_ANSWERS; call++) {
      bench.calls(1000 + call, "f", "[]");
      stale(50 + call % StdioLimits.STALE_ANSWERS);
      if (call < StdioLimits.STALE_ANSWERS - 1) {
        bench.calls(2000 + call, "f", "[]");
      }
      if (call == StdioLimits.STALE_ANSWERS - 1) {
        bench.says(FRESH);
        break;
      }
    }
    assertThat(bench.envelopes()).hasSize(2 * StdioLimits.STALE_ANSWERS);
    assertThat(bench.output(FrameKind.STDOUT)).isEqualTo("fresh");
  }

  @Test
  void an_answer_that_nobody_waits_for_is_dropped() {
    bench.says(FRESH);
    bench.messages();
    for (int i = 0; i < 2 * StdioLimits.STALE_ANSWERS; i++) {
      bench.says(FRESH);
    }
    assertThat(bench.messages()).isEmpty();
    bench.executes(2, "next");
    bench.answers("{\"output\":\"\"}");
    assertThat(bench.envelope().has("result")).isTrue();
  }

  @Test
  void noise_is_dropped_and_its_end_is_kept_for_a_report() {
    bench.says("Traceback é");
    bench.says("[1]");
    bench.says("5");
    bench.says("{\"neither\":\"this\"}");
    bench.says("");
    bench.says("x".repeat(2 * StdioLimits.GARBAGE_KEPT) + "the end");
    bench.says(FRESH);
    assertThat(bench.output(FrameKind.STDOUT)).isEqualTo("fresh");
    assertThat(bench.peer.garbage()).hasSize(StdioLimits.GARBAGE_KEPT).endsWith("the end\n");
  }

  @Test
  @Rule("SES-12")
  void json_beyond_the_bounds_is_no_noise_but_a_broken_rule() {
    assertThatThrownBy(() -> bench.says("{\"id\":2,\"result\":" + "[".repeat(2_000)))
        .isInstanceOf(ProtocolError.class)
        .hasMessageContaining("STDIO-2");
    assertThatThrownBy(() -> bench.says("{\"id\":2,\"result\":" + "9".repeat(20_000) + "}"))
        .isInstanceOf(ProtocolError.class)
        .hasMessageContaining("STDIO-2");
  }
}
