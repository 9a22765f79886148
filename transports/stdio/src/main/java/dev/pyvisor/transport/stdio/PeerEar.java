package dev.pyvisor.transport.stdio;

import dev.pyvisor.wire.Surrogates;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Understands the lines of a peer: answers, tool calls, and noise, which is kept for a report and
 * otherwise dropped.
 *
 * <p>Thread-safe: the lines are the reader's; the rest is final or volatile, or guards itself.
 */
final class PeerEar {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Translator translator;
  private final Garbage garbage = new Garbage();
  private volatile boolean understood; // written by the reader

  PeerEar(Translator translator) {
    this.translator = translator;
  }

  /** One line, without its end; on the reader thread. */
  void line(byte[] line) {
    JsonNode said = Dialect.parse(line);
    if (said == null) {
      garbage.add(line);
      return;
    }
    understood = true;
    JsonNode method = said.path("method");
    if (method.isString()) {
      asked(method.stringValue(), said);
    } else if (said.has("result") || said.has("error") || said.has("ok")) {
      translator.answered(said);
    } else {
      garbage.add(line);
    }
  }

  /** Whether any line was one of the dialect. */
  boolean understood() {
    return understood;
  }

  /** The last of what was none. */
  String garbage() {
    return garbage.tail();
  }

  private void asked(String method, JsonNode said) {
    String id = id(said.path("id"));
    if (id == null) {
      // A notification, for example of a hook: nobody here has asked for any.
      return;
    }
    if (!method.equals("tool_call")) {
      translator.answer(Dialect.error(id, "ValueError", "Unknown method: " + method));
      return;
    }
    JsonNode params = said.path("params");
    JsonNode name = params.path("name");
    JsonNode args = params.path("args");
    JsonNode kwargs = params.path("kwargs");
    if (!name.isString()
        || !(args.isArray() || args.isMissingNode())
        || !(kwargs.isObject() || kwargs.isMissingNode())) {
      translator.answer(
          Dialect.error(
              id, "ValueError", "tool_call needs a name, a list args and an object kwargs"));
      return;
    }
    translator.toolCalled(id, params(name.stringValue(), args, kwargs));
  }

  private static ObjectNode params(String name, JsonNode args, JsonNode kwargs) {
    ObjectNode params = NODES.objectNode();
    Text.put(params, "name", name);
    ArrayNode positional = params.putArray("args");
    args.forEach(value -> positional.add(FromPeer.document(value)));
    ObjectNode named = params.putObject("kwargs");
    for (Map.Entry<String, JsonNode> each : kwargs.properties()) {
      String key = each.getKey();
      named.set(
          !Surrogates.areIn(key) ? key : Surrogates.escape(key),
          FromPeer.document(each.getValue()));
    }
    return params;
  }

  /** As JSON text; null where it is none that can be answered. */
  private static @Nullable String id(JsonNode id) {
    return id.isIntegralNumber() || (id.isString() && !Surrogates.areIn(id.stringValue()))
        ? id.toString()
        : null;
  }
}
