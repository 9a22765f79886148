package dev.pyvisor.tool;

import dev.pyvisor.wire.Limits;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * The tools of a session, by name.
 *
 * <p>Guarded by this.
 */
public final class ToolRegistry {
  /** What the message puts around the list of tools. */
  private static final int ENVELOPE = 1_024;

  private static final int MOST_BYTES = Limits.CONTROL_MESSAGE - ENVELOPE;

  private final Map<String, Tool> tools = new LinkedHashMap<>();

  /**
   * Adds tools, replacing those of the same name; nothing changes when it is refused.
   *
   * @return the list of {@code tools.register}, as JSON
   * @throws IllegalArgumentException when there are too many, or their descriptions are too long
   */
  public synchronized String add(Collection<Tool> added) {
    Map<String, Tool> all = new LinkedHashMap<>(tools);
    added.forEach(tool -> all.put(tool.name(), tool));
    if (all.size() > Limits.TOOLS) {
      throw new IllegalArgumentException(
          all.size() + " tools are more than a session can have: " + Limits.TOOLS);
    }
    ArrayNode forms = JsonNodeFactory.instance.arrayNode();
    all.values().forEach(tool -> forms.add(tool.wireForm()));
    String json = forms.toString();
    int size = json.getBytes(StandardCharsets.UTF_8).length;
    if (size > MOST_BYTES) {
      throw new IllegalArgumentException(
          "the descriptions of "
              + all.size()
              + " tools take "
              + size
              + " bytes together, more than "
              + MOST_BYTES
              + "; shorten them or register fewer");
    }
    tools.clear();
    tools.putAll(all);
    return json;
  }

  /**
   * Undoes an {@link #add}: where nobody has replaced a tool since, the one before is there again.
   */
  public synchronized void takeBack(Collection<Tool> added, Collection<Tool> before) {
    for (Tool tool : added) {
      if (tools.get(tool.name()) == tool) {
        tools.remove(tool.name());
        before.stream()
            .filter(old -> old.name().equals(tool.name()))
            .forEach(old -> tools.put(old.name(), old));
      }
    }
  }

  public synchronized Optional<Tool> find(String name) {
    return Optional.ofNullable(tools.get(name));
  }

  public synchronized List<Tool> all() {
    return List.copyOf(tools.values());
  }

  /** The names in the order of registration. */
  public synchronized List<String> names() {
    return List.copyOf(tools.keySet());
  }
}
