package dev.pyvisor.transport.stdio;

import dev.pyvisor.wire.ProtocolError;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The lines of the dialect: one JSON object each. What is written is ASCII only, because a peer may
 * decode its input piece by piece and would damage a character that a piece's edge splits. What is
 * read may hold Python's {@code NaN} and {@code Infinity}, and those are written, too.
 *
 * <p>Immutable.
 */
final class Dialect {
  /** The rule that a line beyond the bounds of JSON breaks. */
  static final String RULE = "STDIO-2";

  /** The number of each error of the dialect. */
  static final int ERROR = -32_000;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(StdioLimits.JSON_DEPTH)
                          .maxStringLength(StdioLimits.LINE)
                          .maxNameLength(StdioLimits.LINE)
                          .maxNumberLength(StdioLimits.NUMBER_DIGITS)
                          .build())
                  .streamWriteConstraints(
                      StreamWriteConstraints.builder()
                          .maxNestingDepth(StdioLimits.JSON_DEPTH)
                          .build())
                  .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                  .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
                  .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Dialect() {}

  /**
   * The object of a line; null where it is none: such a line is dropped.
   *
   * @throws ProtocolError when it is JSON beyond the bounds, which must not be taken for noise
   */
  static @Nullable JsonNode parse(byte[] line) {
    try {
      JsonNode node = MAPPER.readTree(line);
      return node.isObject() ? node : null;
    } catch (StreamConstraintsException beyond) {
      throw new ProtocolError(RULE, "a line is beyond a bound: " + beyond.getOriginalMessage());
    } catch (JacksonException noJson) {
      return null;
    }
  }

  /** The value of a JSON text that stands in a string of a line; null where it is no JSON. */
  static @Nullable JsonNode parseText(String json) {
    try {
      JsonNode node = MAPPER.readTree(json);
      return node.isMissingNode() ? null : node;
    } catch (JacksonException noJson) {
      return null;
    }
  }

  /** JSON in ASCII. */
  static String text(JsonNode node) {
    return MAPPER.writeValueAsString(node);
  }

  // ---- what is written, each with the end of its line ----

  /** {@code params}: a JSON object in ASCII. */
  static byte[] request(long id, String method, byte[] params) {
    byte[] before = ascii("{\"jsonrpc\":\"2.0\",\"method\":\"" + method + "\",\"params\":");
    byte[] after = ascii(",\"id\":" + id + "}\n");
    byte[] line = Arrays.copyOf(before, before.length + params.length + after.length);
    System.arraycopy(params, 0, line, before.length, params.length);
    System.arraycopy(after, 0, line, before.length + params.length, after.length);
    return line;
  }

  /** {@code id}: the call's, as JSON text. */
  static byte[] result(String id, JsonNode result) {
    return answer(id, "result", result);
  }

  static byte[] error(String id, String type, String message) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    ObjectNode error = nodes.objectNode().put("code", ERROR).put("message", message);
    ObjectNode data = nodes.objectNode().put("type", type).put("message", message);
    data.set("args", nodes.arrayNode().add(message));
    error.set("data", data);
    return answer(id, "error", error);
  }

  private static byte[] answer(String id, String field, JsonNode value) {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    JsonNode parsed = parseText(id);
    String given = parsed == null ? "null" : text(parsed);
    line.writeBytes(ascii("{\"jsonrpc\":\"2.0\",\"id\":" + given + ",\"" + field + "\":"));
    try (JsonGenerator out = MAPPER.createGenerator(line)) {
      out.writeTree(value);
    }
    line.writeBytes(ascii("}\n"));
    return line.toByteArray();
  }

  /** Params as the bytes that {@link #request} takes. */
  static byte[] params(ObjectNode params) {
    return MAPPER.writeValueAsBytes(params);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
