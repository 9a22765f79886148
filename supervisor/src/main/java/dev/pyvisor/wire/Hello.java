package dev.pyvisor.wire;

import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The runner's first frame (PROTOCOL.md section 7).
 *
 * <p>Immutable.
 */
public record Hello(
    String runnerVersion,
    String incarnation,
    long pid,
    String python,
    String implementation,
    List<String> capabilities) {
  private static final String RULE = "LIF-1";
  private static final String MAGIC = "pyvisor";

  public static Hello parse(byte[] body) {
    JsonNode node;
    try {
      node = Json.MAPPER.readTree(body);
    } catch (JacksonException problem) {
      throw new ProtocolError(RULE, "HELLO is not JSON", body);
    }
    Fields hello = new Fields(RULE, "HELLO", node);
    String magic = hello.text("magic");
    if (!magic.equals(MAGIC)) {
      throw new ProtocolError(RULE, "HELLO has the magic '" + magic + "', not '" + MAGIC + "'");
    }
    long protocol = hello.number("protocol");
    if (protocol != Limits.PROTOCOL_VERSION) {
      throw new ProtocolError(
          RULE,
          "the runner speaks protocol "
              + protocol
              + ", this host speaks "
              + Limits.PROTOCOL_VERSION);
    }
    return new Hello(
        hello.text("runner"),
        hello.text("incarnation"),
        hello.number("pid"),
        hello.text("python"),
        hello.text("implementation"),
        hello.texts("capabilities"));
  }
}
