package dev.pyvisor.transport.stdio;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tools, of which the dialect knows the names only.
 *
 * <p>Immutable.
 */
final class ToolNames {
  private static final String SUBMIT = "SUBMIT";

  private ToolNames() {}

  /**
   * Those of a registration.
   *
   * @throws Unfit when it is none
   */
  static List<String> read(JsonNode tools) throws Unfit {
    if (!tools.isArray()) {
      throw new Unfit("tools.register: tools must be a list of objects with a name, not " + tools);
    }
    List<String> names = new ArrayList<>(tools.size());
    Set<String> seen = new HashSet<>();
    for (JsonNode tool : tools) {
      JsonNode name = tool.path("name");
      if (!name.isString() || !seen.add(name.stringValue())) {
        throw new Unfit(
            "tools.register: each tool needs a name of its own, not " + name + " in " + tool);
      }
      if (tool.path("submits").asBoolean(false)) {
        checkSubmits(name.stringValue(), tool.path("schema"));
      } else {
        names.add(name.stringValue());
      }
    }
    return names;
  }

  /** The dialect has one submit function, of a fixed name and with any fields. */
  private static void checkSubmits(String name, JsonNode schema) throws Unfit {
    if (!name.equals(SUBMIT)) {
      throw new Unfit(
          "tools.register: on the backend stdio cells submit with "
              + SUBMIT
              + "; name the submit function so, not "
              + name
              + ", or use the backend pipe");
    }
    if (schema.has("properties") || schema.has("$ref")) {
      throw new Unfit(
          "tools.register: "
              + SUBMIT
              + " takes any fields on the backend stdio, so that a schema cannot be kept; use"
              + " anyFields(), or the backend pipe");
    }
  }

  /** Has the peer define them, and no others. */
  static PeerRequest request(List<String> names) {
    ObjectNode params = JsonNodeFactory.instance.objectNode();
    ArrayNode list = params.putArray("tools");
    names.forEach(list::add);
    return new PeerRequest("register_tools", Dialect.params(params));
  }
}
