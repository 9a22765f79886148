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
      names.add(name.stringValue());
    }
    return names;
  }

  /** Has the peer define them, and no others. */
  static PeerRequest request(List<String> names) {
    ObjectNode params = JsonNodeFactory.instance.objectNode();
    ArrayNode list = params.putArray("tools");
    names.forEach(list::add);
    return new PeerRequest("register_tools", Dialect.params(params));
  }
}
