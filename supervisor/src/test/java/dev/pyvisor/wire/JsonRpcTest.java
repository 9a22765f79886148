package dev.pyvisor.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.testing.Rule;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** JSON-RPC 2.0 as a table. */
class JsonRpcTest {

  @Test
  @Rule("SES-1")
  void what_is_not_json_is_a_parse_error_with_id_null() {
    for (String text :
        new String[] {"", "{", "hello", "{\"a\":1}}", "{\"jsonrpc\":\"2.0\"", "\u0000", "NaN"}) {
      assertRefused(text, ErrorCode.PARSE_ERROR, "null");
    }
    assertThat(JsonRpc.parse(new byte[] {(byte) 0xff, (byte) 0xfe, 1}))
        .isInstanceOf(Envelope.Refused.class);
  }

  @Test
  @Rule("SES-2")
  void json_that_is_no_call_is_an_invalid_request_with_its_id_where_it_has_one() {
    assertRefused("5", ErrorCode.INVALID_REQUEST, "null");
    assertRefused("\"x\"", ErrorCode.INVALID_REQUEST, "null");
    assertRefused("{}", ErrorCode.INVALID_REQUEST, "null");
    assertRefused(
        "{\"jsonrpc\":\"1.0\",\"id\":4,\"method\":\"x\"}", ErrorCode.INVALID_REQUEST, "4");
    assertRefused(
        "{\"jsonrpc\":\"2.0\",\"id\":\"k\",\"method\":5}", ErrorCode.INVALID_REQUEST, "\"k\"");
    assertRefused(
        "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"x\",\"params\":5}",
        ErrorCode.INVALID_REQUEST,
        "4");
    assertRefused(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1,\"error\":{}}", ErrorCode.INVALID_REQUEST, "1");
    assertRefused("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":5}", ErrorCode.INVALID_REQUEST, "1");
  }

  @Test
  @Rule("SES-3")
  void a_batch_is_refused_as_a_whole() {
    assertRefused("[]", ErrorCode.INVALID_REQUEST, "null");
    assertRefused(
        "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\"}]", ErrorCode.INVALID_REQUEST, "null");
  }

  @Test
  @Rule("SES-5")
  void ids_are_strings_integers_or_null_and_come_back_as_they_were() {
    for (String id :
        new String[] {
          "1", "-7", "\"seven\"", "\"a\\\"b\"", "null", "123456789012345678901234567890"
        }) {
      assertThat(parse("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"x\"}"))
          .isInstanceOfSatisfying(
              Envelope.Request.class, request -> assertThat(request.id()).isEqualTo(id));
    }
    for (String id : new String[] {"true", "[1]", "{}"}) {
      assertRefused(
          "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"x\"}",
          ErrorCode.INVALID_REQUEST,
          "null");
    }
    assertRefused(
        "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"x\"}", ErrorCode.INVALID_REQUEST, "1.5");
  }

  @Test
  @Rule({"SES-6", "SES-9"})
  void no_id_is_a_notification_and_id_null_is_a_request() {
    assertThat(parse("{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"new\":1}"))
        .isInstanceOf(Envelope.Notification.class);
    assertThat(parse("{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"id\":null}"))
        .isInstanceOf(Envelope.Request.class);
  }

  @Test
  @Rule("SES-12")
  void nesting_beyond_the_limit_is_refused() {
    int depth = Limits.JSON_DEPTH - 1;
    String params = "[".repeat(depth) + "]".repeat(depth);
    assertThat(parse("{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":" + params + "}"))
        .isInstanceOf(Envelope.Notification.class);
    String deeper = "[".repeat(depth + 1) + "]".repeat(depth + 1);
    assertThat(parse("{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":" + deeper + "}"))
        .isInstanceOf(Envelope.Refused.class);
  }

  @Test
  @Rule("ERR-1")
  void an_error_carries_number_name_and_status() {
    assertThat(
            new String(
                JsonRpc.error("7", ErrorCode.TOOL_NOT_FOUND, "no \"x\""), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32002,\"message\":\"no \\\"x\\\"\","
                + "\"data\":{\"code\":\"tool_not_found\",\"status\":404}}}");
  }

  @Test
  void a_text_is_quoted_so_that_it_is_read_back_as_it_was() {
    for (String text :
        new String[] {
          "session.open", "", "a \"b\" \\", "\u0000\n\u001f\u007f", "\u00e9\u2028", "\ud83d\ude00"
        }) {
      assertThat(Json.MAPPER.readTree(JsonRpc.quoted(text)).stringValue()).isEqualTo(text);
    }
    assertThat(JsonRpc.quoted("a/b")).isEqualTo("\"a/b\"");
  }

  @Test
  void a_peek_finds_method_and_id_without_the_params() {
    assertThat(peek("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tool.call\",\"params\":{broken"))
        .isEqualTo(new EnvelopePeek("tool.call", "7", null));
    assertThat(peek("{\"id\":\"a\",\"extra\":[1,{\"method\":\"no\"}],\"method\":\"m\"}"))
        .isEqualTo(new EnvelopePeek("m", "\"a\"", null));
    assertThat(peek("{\"method\":\"tool.cancel\",\"params\":{\"id\":7}}"))
        .isEqualTo(new EnvelopePeek("tool.cancel", null, null));
    assertThat(peek("{\"id\":1,\"method\":\"tool.call\",\"params\":{\"name\":\"t\",\"args\":[]}}"))
        .isEqualTo(new EnvelopePeek("tool.call", "1", "t"));
    assertThat(peek("{\"id\":1,\"method\":\"tool.call\",\"params\":{\"args\":[],\"name\":\"t\"}}"))
        .isEqualTo(new EnvelopePeek("tool.call", "1", null));
    for (String odd :
        new String[] {
          "", "[]", "5", "{\"method\":5}", "{\"id\":1.5}", "{\"id\":{\"a\":1}}", "\u0001"
        }) {
      assertThat(peek(odd)).as(odd).isEqualTo(new EnvelopePeek(null, null, null));
    }
  }

  private static EnvelopePeek peek(String text) {
    return EnvelopePeek.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Envelope parse(String text) {
    return JsonRpc.parse(text.getBytes(StandardCharsets.UTF_8));
  }

  private static void assertRefused(String text, ErrorCode code, String id) {
    assertThat(parse(text))
        .as(text)
        .isInstanceOfSatisfying(
            Envelope.Refused.class,
            refused -> {
              assertThat(refused.code()).isEqualTo(code);
              assertThat(refused.id()).isEqualTo(id);
            });
  }
}
