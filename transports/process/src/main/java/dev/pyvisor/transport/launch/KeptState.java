package dev.pyvisor.transport.launch;

import dev.pyvisor.wire.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;

/**
 * What an engine says of a container.
 *
 * <p>Immutable.
 *
 * @param status a word such as running
 * @param owner the value of our label; empty where it is not one of ours
 * @param facts those of {@link KeptRecipe}
 */
record KeptState(String status, String owner, Map<String, String> facts) {
  private static final String RUNNING = "running";

  /** podman's words for one without processes, and docker's. */
  private static final Set<String> DOWN =
      Set.of("created", "initialized", "configured", "stopped", "exited", "dead");

  /** The labels that are asked for; others may be an image's, and of any size. */
  private static final List<String> LABELS = labels();

  private static List<String> labels() {
    List<String> labels = new ArrayList<>(KeptRecipe.NAMED);
    labels.add(KeptRecipe.DIGEST);
    return List.copyOf(labels);
  }

  /** Whether Pyvisor has made it, under this name. */
  boolean isOurs(String name) {
    return owner.equals(name);
  }

  boolean running() {
    return status.equals(RUNNING);
  }

  /** Whether it has processes, be they stopped or about to end. */
  boolean up() {
    return !DOWN.contains(status);
  }

  /**
   * The state of the container of that name; empty where there is none.
   *
   * @throws IOException when the engine does not say
   */
  static Optional<KeptState> of(Engine engine, String name) throws IOException {
    // One to a line, quoted: a value may hold line breaks.
    StringBuilder format = new StringBuilder("{{json .State.Status}}");
    format.append("\n").append(asked(KeptRecipe.OURS));
    LABELS.forEach(label -> format.append("\n").append(asked(KeptRecipe.label(label))));
    Commands.Result told =
        engine.ask(List.of("container", "inspect", "--format", format.toString(), name));
    if (!told.succeeded()) {
      if (told.err().toLowerCase(Locale.ROOT).contains("no such container")) {
        return Optional.empty();
      }
      throw new IOException(engine.name() + " container inspect: " + told.complaint());
    }
    return Optional.of(read(engine, told.out().lines().toList()));
  }

  private static String asked(String label) {
    return "{{json (index .Config.Labels \"" + label + "\")}}";
  }

  private static KeptState read(Engine engine, List<String> lines) throws IOException {
    if (lines.size() < LABELS.size() + 2) {
      throw new IOException(engine.name() + " container inspect says only " + lines);
    }
    List<String> values = new ArrayList<>();
    for (String line : lines) {
      try {
        values.add(Json.MAPPER.readTree(line).asString(""));
      } catch (JacksonException odd) {
        throw new IOException(engine.name() + " container inspect says " + line, odd);
      }
    }
    Map<String, String> facts = new LinkedHashMap<>();
    for (int at = 0; at < LABELS.size(); at++) {
      facts.put(LABELS.get(at), values.get(at + 2));
    }
    return new KeptState(values.get(0), values.get(1), facts);
  }
}
