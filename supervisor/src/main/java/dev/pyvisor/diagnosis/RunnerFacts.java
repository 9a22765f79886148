package dev.pyvisor.diagnosis;

import dev.pyvisor.wire.Json;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * What the supervisor says of itself and its kernels. The guest may have had a hand in it: nothing
 * of it is trusted to be there, or to be of its type.
 *
 * <p>Immutable.
 */
record RunnerFacts(JsonNode root) {
  /** From a reply, or from a notification that has them among other things. */
  static RunnerFacts of(String json) {
    try {
      JsonNode found = Json.MAPPER.readTree(json);
      return new RunnerFacts(found.has("facts") ? found.path("facts") : found);
    } catch (JacksonException malformed) {
      return new RunnerFacts(JsonNodeFactory.instance.objectNode());
    }
  }

  String pretty() {
    return Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
  }

  /** The Python stacks that the supervisor got; empty where it got none. */
  String stacks() {
    StringBuilder text = new StringBuilder();
    for (JsonNode kernel : root.path("kernels")) {
      String stacks = kernel.path("stacks").asString("");
      if (!stacks.isBlank()) {
        text.append("-- kernel of session ").append(Plain.line(kernel.path("name").asString("?")));
        text.append(", process ").append(kernel.path("pid").asLong(0)).append('\n');
        text.append(stacks.strip()).append("\n\n");
      }
    }
    return text.toString();
  }

  /** One line: the verdicts of the kernels that are busy. */
  String verdict() {
    List<String> verdicts = new ArrayList<>();
    for (JsonNode kernel : root.path("kernels")) {
      String verdict = Plain.line(kernel.path("verdict").asString(""));
      if (!verdict.isEmpty() && !verdict.startsWith("idle")) {
        verdicts.add(
            verdict
                + " (session "
                + Plain.line(kernel.path("name").asString("?"))
                + ", cell "
                + kernel.path("cell").asInt(0)
                + ", process "
                + kernel.path("pid").asLong(0)
                + ")");
      }
    }
    return verdicts.isEmpty() ? "idle: no cell runs" : String.join("; ", verdicts);
  }
}
