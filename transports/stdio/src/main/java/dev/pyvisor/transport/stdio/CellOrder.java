package dev.pyvisor.transport.stdio;

import dev.pyvisor.Defaults;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.wire.Json;
import dev.pyvisor.wire.Message;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the host asks of a session's kernel, as the code that does it.
 *
 * <p>Immutable.
 *
 * @param id the host's, as JSON text
 * @param mark null for a cell of the user's; for a variable that is read the text around its value,
 *     for one that is written nothing
 */
record CellOrder(String id, String method, int cell, PeerRequest request, @Nullable String mark) {
  private static final int MILLI_DIGITS = 3;
  private static final String TIMEOUT = "timeoutMs";
  private static final String GRACE = "graceMs";

  /**
   * Reads a request to a kernel. {@code marks}: makes texts that no cell prints by chance.
   *
   * @throws Unfit when the dialect cannot do it; the message says what it can
   */
  static CellOrder of(
      String id, String method, JsonNode params, Message message, Supplier<String> marks)
      throws Unfit {
    String mark = null;
    String code;
    switch (method) {
      case "execute" -> {
        if (params.path("value").asBoolean(false)) {
          throw new Unfit(
              "value must be false: the backend stdio reports no value of a last expression; print"
                  + " it, or use the backend pipe");
        }
        code = text(message.attachments(), 0);
      }
      case "variable.get" -> {
        mark = marks.get();
        code = VariableCode.get(name(params), mark);
      }
      case "variable.set" -> {
        mark = "";
        code = VariableCode.set(name(params), value(message.attachments()));
      }
      default -> throw new Unfit("unknown method");
    }
    PeerRequest request = new PeerRequest("execute", Dialect.params(execute(code, params)));
    if (request.params().length > StdioLimits.PARAMS) {
      throw new Unfit(
          ErrorCode.MESSAGE_TOO_LARGE,
          "as one line of ASCII it takes "
              + request.params().length
              + " bytes, more than "
              + StdioLimits.PARAMS
              + "; send less at once, or use the backend pipe");
    }
    return new CellOrder(id, method, message.cell(), request, mark);
  }

  private static ObjectNode execute(String code, JsonNode given) throws Unfit {
    ObjectNode params = JsonNodeFactory.instance.objectNode().put("code", code);
    if (given.has(TIMEOUT)) {
      params.put("execution_timeout_seconds", seconds(given, TIMEOUT));
      // The client's own default is taken for none: a peer has its own, half a second.
      if (given.has(GRACE) && given.path(GRACE).asLong(0) != Defaults.INTERRUPT_GRACE.toMillis()) {
        params.put("execution_timeout_interrupt_grace_seconds", seconds(given, GRACE));
      }
    }
    if (given.path("draft").asBoolean(false)) {
      params.put("defer_final_output", true);
    }
    return params;
  }

  private static double seconds(JsonNode given, String name) throws Unfit {
    JsonNode millis = given.get(name);
    if (!millis.isIntegralNumber() || !millis.canConvertToLong() || millis.longValue() < 0) {
      throw new Unfit(name + " must be a whole number of milliseconds from 0 on, not " + millis);
    }
    return BigDecimal.valueOf(millis.longValue(), MILLI_DIGITS).doubleValue();
  }

  private static String name(JsonNode params) throws Unfit {
    JsonNode name = params.path("name");
    if (!name.isString()) {
      throw new Unfit("name must be a string, not " + name);
    }
    return name.stringValue();
  }

  private static JsonNode value(List<byte[]> attachments) throws Unfit {
    JsonNode document;
    try {
      document = Json.MAPPER.readTree(text(attachments, 0));
    } catch (JacksonException noJson) {
      throw new Unfit("the value is no JSON: " + noJson.getOriginalMessage());
    }
    return ToPeer.plain(document, ToPeer.Exactness.EXACT);
  }

  private static String text(List<byte[]> attachments, int index) throws Unfit {
    if (index >= attachments.size()) {
      throw new Unfit("attachment " + index + " is missing");
    }
    return new String(attachments.get(index), StandardCharsets.UTF_8);
  }
}
