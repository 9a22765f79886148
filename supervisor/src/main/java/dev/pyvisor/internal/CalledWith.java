package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.wire.Json;
import dev.pyvisor.wire.Message;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a tool was called with, for who watches or looks later; the tool itself is given it by
 * another way.
 *
 * <p>Immutable.
 */
final class CalledWith {
  private static final String ARGS = "args";
  private static final String KWARGS = "kwargs";

  private CalledWith() {}

  /** Those of {@code args} and {@code kwargs} that are not empty; of a large call its size. */
  static JsonNode of(Message call) {
    JsonNode params = params(call);
    if (params.isString()) {
      return params;
    }
    ObjectNode shown = JsonNodeFactory.instance.objectNode();
    for (String name : List.of(ARGS, KWARGS)) {
      if (!params.path(name).isEmpty()) {
        shown.set(name, params.path(name));
      }
    }
    return shown;
  }

  /**
   * The same under the names of the parameters, also what was given by position: a name may say
   * that its value is a secret. What is beyond them stays in {@code args}.
   */
  static JsonNode named(Message call, List<String> parameters) {
    JsonNode params = params(call);
    if (params.isString()) {
      return params;
    }
    ObjectNode shown = JsonNodeFactory.instance.objectNode();
    ArrayNode more = JsonNodeFactory.instance.arrayNode();
    for (JsonNode value : params.path(ARGS)) {
      if (shown.size() < parameters.size()) {
        shown.set(parameters.get(shown.size()), value);
      } else {
        more.add(value);
      }
    }
    params.path(KWARGS).properties().forEach(one -> shown.set(one.getKey(), one.getValue()));
    if (!more.isEmpty()) {
      shown.set(ARGS, more);
    }
    return shown;
  }

  private static JsonNode params(Message call) {
    if (call.envelope().length > Defaults.SHOWN_CALL) {
      return JsonNodeFactory.instance.stringNode(call.envelope().length + " bytes");
    }
    try {
      return Json.MAPPER.readTree(call.envelope()).path("params");
    } catch (JacksonException malformed) {
      return JsonNodeFactory.instance.stringNode("no JSON");
    }
  }
}
