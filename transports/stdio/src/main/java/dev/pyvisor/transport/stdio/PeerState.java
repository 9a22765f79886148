package dev.pyvisor.transport.stdio;

import dev.pyvisor.wire.Surrogates;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a peer says of the state that is left, in the words of PROTOCOL.md.
 *
 * <p>Immutable.
 */
final class PeerState {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String UNTOLD = "the supervisor does not say what is left of the state";

  private PeerState() {}

  /** {@code told}: the peer's report; where it is none that is known, nothing is left. */
  static ObjectNode of(JsonNode told) {
    String source =
        switch (told.path("source").asString("")) {
          case "live_kernel" -> "live";
          case "fork_checkpoint" -> "checkpoint";
          case "pickle_snapshot" -> "snapshot";
          default -> "fresh";
        };
    if (source.equals("live")) {
      return live();
    }
    boolean known = !source.equals("fresh");
    ObjectNode state =
        NODES
            .objectNode()
            .put("preserved", known && told.path("preserved").asBoolean(false))
            .put("source", source);
    names(told.path("restored_globals")).forEach(state.putArray("restored")::add);
    names(told.path("lost_globals")).forEach(state.putArray("lost")::add);
    String reason = Text.of(told, "reason", known ? "" : UNTOLD);
    if (!reason.isEmpty()) {
      Text.put(state, "reason", reason);
    }
    return state;
  }

  static ObjectNode live() {
    ObjectNode state = NODES.objectNode().put("preserved", true).put("source", "live");
    state.putArray("restored");
    state.putArray("lost");
    return state;
  }

  static ObjectNode fresh(String reason) {
    ObjectNode state = NODES.objectNode().put("preserved", false).put("source", "fresh");
    state.putArray("restored");
    state.putArray("lost");
    Text.put(state, "reason", reason);
    return state;
  }

  private static Stream<String> names(JsonNode list) {
    return list.valueStream()
        .filter(JsonNode::isString)
        .map(JsonNode::stringValue)
        .filter(text -> !Surrogates.areIn(text));
  }
}
