package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Defaults;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Message;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The arguments of a call as they are told. */
class CalledWithTest {
  private static Message call(String params) {
    String envelope =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tool.call\",\"params\":" + params + "}";
    return new Message(
        FrameKind.RELAY, 0, 1, 1, 1, 1, envelope.getBytes(StandardCharsets.UTF_8), List.of());
  }

  @Test
  @Rule("C126")
  void people_see_them_as_they_were_written() {
    assertThat(CalledWith.of(call("{\"name\":\"t\",\"args\":[1],\"kwargs\":{}}")))
        .hasToString("{\"args\":[1]}");
    assertThat(CalledWith.of(call("{\"name\":\"t\",\"kwargs\":{\"a\":2}}")))
        .hasToString("{\"kwargs\":{\"a\":2}}");
  }

  @Test
  @Rule("C131")
  void what_is_given_by_position_has_the_name_of_its_parameter_in_the_log() {
    Message call = call("{\"name\":\"t\",\"args\":[\"me\",\"k\",3],\"kwargs\":{\"n\":4}}");
    assertThat(CalledWith.named(call, List.of("user", "password")))
        .hasToString("{\"user\":\"me\",\"password\":\"k\",\"n\":4,\"args\":[3]}");
    assertThat(CalledWith.named(call, List.of()))
        .hasToString("{\"n\":4,\"args\":[\"me\",\"k\",3]}");
  }

  @Test
  @Rule("C134")
  void a_call_that_is_large_or_odd_is_told_and_not_looked_at() {
    Message large = call("{\"args\":[\"" + "x".repeat(Defaults.SHOWN_CALL) + "\"]}");
    assertThat(CalledWith.of(large).asString()).endsWith(" bytes");
    assertThat(CalledWith.named(large, List.of("a")).asString()).endsWith(" bytes");
    for (String params : List.of("[1]", "3", "null", "{\"args\":7,\"kwargs\":[1]}", "{broken")) {
      assertThat(CalledWith.of(call(params)).toString()).as(params).isNotEmpty();
      assertThat(CalledWith.named(call(params), List.of("a")).toString()).as(params).isNotEmpty();
    }
  }
}
