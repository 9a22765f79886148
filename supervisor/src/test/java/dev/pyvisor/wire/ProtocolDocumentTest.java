package dev.pyvisor.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.testing.Protocol;
import dev.pyvisor.testing.Rule;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** PROTOCOL.md and this code say the same. */
class ProtocolDocumentTest {

  @Test
  @Rule("FRM-5")
  void the_table_of_kinds_is_the_enum() {
    assertThat(
            Protocol.table("kinds").stream()
                .collect(Collectors.toMap(row -> row.get(1), row -> Integer.valueOf(row.get(0)))))
        .isEqualTo(
            Arrays.stream(FrameKind.values())
                .collect(Collectors.toMap(Enum::name, FrameKind::number)));
  }

  @Test
  void the_table_of_flags_is_the_enum() {
    assertThat(
            Protocol.table("flags").stream()
                .collect(Collectors.toMap(row -> row.get(1), row -> Integer.decode(row.get(0)))))
        .isEqualTo(Arrays.stream(Flag.values()).collect(Collectors.toMap(Enum::name, Flag::bit)));
  }

  @Test
  @Rule("TRN-1")
  void the_table_of_lanes_is_the_enum() {
    assertThat(
            Protocol.table("lanes").stream()
                .collect(Collectors.toMap(row -> row.get(1), row -> Integer.valueOf(row.get(0)))))
        .isEqualTo(
            Arrays.stream(Lane.values()).collect(Collectors.toMap(Enum::name, Lane::number)));
  }

  @Test
  void every_limit_of_the_table_has_its_constant() throws Exception {
    for (List<String> row : Protocol.table("limits")) {
      String name = row.get(0).toUpperCase(Locale.ROOT);
      assertThat(Limits.class.getField(name).getInt(null))
          .as(name)
          .isEqualTo(Integer.parseInt(row.get(1)));
    }
  }

  @Test
  @Rule({"ERR-1", "ERR-2"})
  void the_table_of_errors_is_the_enum() {
    List<List<String>> code =
        Arrays.stream(ErrorCode.values())
            .map(
                error ->
                    List.of(
                        String.valueOf(error.number()),
                        error.wireName(),
                        String.valueOf(error.status()),
                        error.retry().wireName()))
            .toList();
    assertThat(Protocol.table("errors").stream().map(row -> row.subList(0, 4)).toList())
        .containsExactlyInAnyOrderElementsOf(code);
    assertThat(ErrorCode.ofWireName("from_the_future")).isEqualTo(ErrorCode.INTERNAL);
    assertThat(ErrorCode.ofNumber(-1)).isEqualTo(ErrorCode.INTERNAL);
  }

  @Test
  void every_hex_example_is_one_frame_that_round_trips() {
    Map<String, String> examples = Protocol.examples("hex");
    assertThat(examples).isNotEmpty();
    examples.forEach(
        (name, hex) -> {
          byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
          List<Frame> frames = new ArrayList<>();
          FrameReader reader = new FrameReader();
          reader.feed(ByteBuffer.wrap(bytes), frames::add);
          reader.finish();
          assertThat(frames).as(name).hasSize(1);
          assertThat(frames.get(0).encoded()).as(name).isEqualTo(bytes);
          assertThat(frames.get(0).kind().name().toLowerCase(Locale.ROOT))
              .isEqualTo(name.substring("frame.".length()));
        });
  }

  @Test
  @Rule({"SES-1", "SES-5"})
  void every_json_example_is_what_its_name_says_and_round_trips() {
    Map<String, String> examples = Protocol.examples("json");
    assertThat(examples).containsKeys("hello", "terminal", "tool.call", "tool.error", "generation");
    examples.forEach(
        (name, json) -> {
          if (name.equals("hello")) {
            assertThat(Hello.parse(bytes(json)).python()).isEqualTo("3.11.7");
          } else if (!name.equals("document")) {
            assertRoundTrip(name, json);
          }
        });
  }

  @Test
  @Rule("LIF-4")
  void the_example_terminals_are_read_whole() {
    Map<String, String> examples = Protocol.examples("json");
    Terminal good = terminal(examples.get("terminal"));
    assertThat(good.stdout()).isEqualTo(new Terminal.Total(3, 3983506042L));
    assertThat(good.state().preserved()).isTrue();
    Terminal crashed = terminal(examples.get("terminal.crashed"));
    assertThat(crashed.cause().orElseThrow().kind()).isEqualTo("signal");
    assertThat(crashed.state().lost()).containsExactly("df", "model");
  }

  private static Terminal terminal(String json) {
    return Terminal.parse(((Envelope.Reply) JsonRpc.parse(bytes(json))).result());
  }

  private static void assertRoundTrip(String name, String json) {
    Envelope envelope = JsonRpc.parse(bytes(json));
    JsonNode original = Json.MAPPER.readTree(json);
    byte[] again;
    if (envelope instanceof Envelope.Request request) {
      again =
          JsonRpc.request(
              Long.parseLong(request.id()), request.method(), request.params().toString());
    } else if (envelope instanceof Envelope.Notification notification) {
      assertThat(notification.method()).isEqualTo(original.get("method").stringValue());
      assertThat(notification.params()).isEqualTo(original.get("params"));
      return;
    } else if (envelope instanceof Envelope.Reply reply && reply.error() == null) {
      again = JsonRpc.result(reply.id(), String.valueOf(reply.result()));
    } else if (envelope instanceof Envelope.Reply reply) {
      JsonNode error = reply.error();
      again =
          JsonRpc.error(
              reply.id(),
              ErrorCode.ofNumber(error.get("code").intValue()),
              error.get("message").stringValue(),
              (tools.jackson.databind.node.ObjectNode) error.get("data"));
    } else {
      throw new AssertionError(name + " is refused: " + envelope);
    }
    assertThat(Json.MAPPER.readTree(again)).as(name).isEqualTo(original);
  }

  private static byte[] bytes(String json) {
    return json.getBytes(StandardCharsets.UTF_8);
  }
}
