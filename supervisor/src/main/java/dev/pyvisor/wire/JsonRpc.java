package dev.pyvisor.wire;

import dev.pyvisor.error.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * JSON-RPC 2.0: envelopes to and from bytes.
 *
 * <p>Immutable.
 */
public final class JsonRpc {
  /** The id of an answer to something that has none. */
  public static final String NULL_ID = "null";

  private static final String START = "{\"jsonrpc\":\"2.0\",";

  private JsonRpc() {}

  /** Never throws: what cannot be taken comes back as {@link Envelope.Refused}. */
  public static Envelope parse(byte[] envelope) {
    JsonNode node;
    try {
      node = Json.MAPPER.readTree(envelope);
    } catch (JacksonException problem) {
      return new Envelope.Refused(
          NULL_ID,
          ErrorCode.PARSE_ERROR,
          "not JSON: " + problem.getOriginalMessage() + "; first bytes: " + shown(envelope));
    }
    if (node.isMissingNode()) {
      return new Envelope.Refused(NULL_ID, ErrorCode.PARSE_ERROR, "not JSON: nothing at all");
    }
    if (node.isArray()) {
      return invalid(NULL_ID, "a batch is not accepted; send each call as a message of its own");
    }
    return node.isObject()
        ? object(node)
        : invalid(NULL_ID, "an object is needed, not " + shown(node));
  }

  private static Envelope object(JsonNode node) {
    JsonNode id = node.get("id");
    String reported = id != null && (isId(id) || id.isNumber()) ? text(id) : NULL_ID;
    JsonNode version = node.get("jsonrpc");
    if (version == null || !version.isString() || !version.stringValue().equals("2.0")) {
      return invalid(reported, "jsonrpc must be \"2.0\", not " + shown(version));
    }
    if (!node.has("method") && node.has("result") != node.has("error")) {
      return reply(node, id, reported);
    }
    JsonNode method = node.get("method");
    if (method == null || !method.isString()) {
      return invalid(reported, "method must be a string, not " + shown(method));
    }
    JsonNode params = node.get("params");
    if (params != null && !params.isContainer()) {
      return invalid(reported, "params must be an object, not " + shown(params));
    }
    JsonNode given = params == null ? JsonNodeFactory.instance.objectNode() : params;
    if (id == null) {
      return new Envelope.Notification(method.stringValue(), given);
    }
    return isId(id)
        ? new Envelope.Request(reported, method.stringValue(), given)
        : invalid(reported, "id must be a string, an integer or null, not " + shown(id));
  }

  private static Envelope reply(JsonNode node, @Nullable JsonNode id, String reported) {
    if (id == null || !isId(id)) {
      return invalid(reported, "a reply needs the id of its request");
    }
    JsonNode error = node.get("error");
    if (error != null && !(error.isObject() && error.path("code").isIntegralNumber())) {
      return invalid(reported, "error must be an object with a code, not " + shown(error));
    }
    return new Envelope.Reply(reported, node.get("result"), error);
  }

  public static byte[] request(long id, String method, String paramsJson) {
    return bytes(
        START
            + "\"id\":"
            + id
            + ",\"method\":"
            + quoted(method)
            + ",\"params\":"
            + paramsJson
            + "}");
  }

  public static byte[] result(String id, String resultJson) {
    return bytes(START + "\"id\":" + id + ",\"result\":" + resultJson + "}");
  }

  /** The same for a result in UTF-8, which may be large. */
  public static byte[] result(String id, byte[] resultJson) {
    byte[] before = bytes(START + "\"id\":" + id + ",\"result\":");
    byte[] result = Arrays.copyOf(before, before.length + resultJson.length + 1);
    System.arraycopy(resultJson, 0, result, before.length, resultJson.length);
    result[result.length - 1] = '}';
    return result;
  }

  /** {@code data} may hold more than code and status, which are added (ERR-1). */
  public static byte[] error(String id, ErrorCode code, String message, ObjectNode data) {
    ObjectNode error = JsonNodeFactory.instance.objectNode();
    error.put("code", code.number()).put("message", message);
    error.set("data", data.deepCopy().put("code", code.wireName()).put("status", code.status()));
    return bytes(START + "\"id\":" + id + ",\"error\":" + error + "}");
  }

  public static byte[] error(String id, ErrorCode code, String message) {
    return error(id, code, message, JsonNodeFactory.instance.objectNode());
  }

  public static String quoted(String text) {
    return needsNoEscape(text)
        ? '"' + text + '"'
        : JsonNodeFactory.instance.stringNode(text).toString();
  }

  private static boolean needsNoEscape(String text) {
    for (int at = 0; at < text.length(); at++) {
      char each = text.charAt(at);
      if (each < ' ' || each > '~' || each == '"' || each == '\\') {
        return false;
      }
    }
    return true;
  }

  /** The id as JSON. For a number, as ours are, no writer is needed, which costs microseconds. */
  private static String text(JsonNode id) {
    return id.isIntegralNumber() && id.canConvertToLong()
        ? Long.toString(id.longValue())
        : id.toString();
  }

  private static byte[] bytes(String json) {
    return json.getBytes(StandardCharsets.UTF_8);
  }

  private static boolean isId(JsonNode id) {
    return id.isString() || id.isIntegralNumber() || id.isNull();
  }

  private static Envelope invalid(String id, String message) {
    return new Envelope.Refused(id, ErrorCode.INVALID_REQUEST, message);
  }

  private static String shown(@Nullable JsonNode node) {
    String text = node == null ? "nothing" : node.toString();
    return text.length() <= Limits.GARBAGE_SHOWN
        ? text
        : text.substring(0, Limits.GARBAGE_SHOWN) + "...";
  }

  private static String shown(byte[] envelope) {
    int end = Math.min(envelope.length, Limits.GARBAGE_SHOWN);
    return HexFormat.ofDelimiter(" ").formatHex(envelope, 0, end);
  }
}
