package dev.pyvisor.log;

import dev.pyvisor.Defaults;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What one event has to say, as it is: what must not be seen is taken out when it is written.
 *
 * <p>Confined to the thread that tells it, then to the one that writes it.
 */
public final class Facts {
  /** What a fact costs beside its text: its nodes and its name. */
  private static final int OVERHEAD = 100;

  private final ObjectNode said = JsonNodeFactory.instance.objectNode();
  private final Map<String, String> ends = new LinkedHashMap<>();
  private byte @Nullable [] code;
  private long size;

  Facts() {}

  /** No more of it is kept than could be looked at. */
  public Facts put(String name, String text) {
    String kept = text.substring(0, Math.min(text.length(), Redaction.LOOKED_AT));
    said.put(name, kept);
    return counted(kept.length());
  }

  public Facts put(String name, long number) {
    said.put(name, number);
    return counted(0);
  }

  public Facts put(String name, boolean truth) {
    said.put(name, truth);
    return counted(0);
  }

  /** Data of any shape; {@code size}: about how many characters it is. */
  public Facts put(String name, JsonNode data, long size) {
    said.set(name, data);
    return counted(size);
  }

  /** A text whose last {@link Defaults#LOG_PARTIAL} characters matter. */
  public Facts putEnd(String name, String text) {
    ends.put(name, text);
    return counted(text.length());
  }

  /** Code, of which only length and hash are told. */
  public Facts code(byte[] bytes) {
    code = bytes;
    return counted(bytes.length);
  }

  private Facts counted(long more) {
    size += more + OVERHEAD;
    return this;
  }

  long size() {
    return size;
  }

  ObjectNode said() {
    return said;
  }

  Map<String, String> ends() {
    return ends;
  }

  byte @Nullable [] code() {
    return code;
  }
}
