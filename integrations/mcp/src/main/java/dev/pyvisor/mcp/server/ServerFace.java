package dev.pyvisor.mcp.server;

import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.server.McpServer.AsyncSpecification;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;

/**
 * What the server says of itself when a client comes.
 *
 * <p>Immutable.
 */
final class ServerFace {
  private static final Implementation INFO = Implementation.builder("pyvisor", version()).build();

  private static final ServerCapabilities CAPABILITIES =
      ServerCapabilities.builder().tools(false).build();

  private static final String INSTRUCTIONS =
      "Python that keeps its state: what one call of execute defines, the next one finds, also"
          + " after an error, a time-out or an interrupt. Print what you want to see; the value of"
          + " the last expression comes back by itself. Read the last line of each answer: it says"
          + " what is left of the state when something went wrong. Large results belong in a file."
          + " Use a checkpoint before what you may want to undo, and a session of its own for what"
          + " runs beside.";

  private ServerFace() {}

  /** Makes the server, whatever it is reached by. */
  static void build(AsyncSpecification<?> server, McpJsonMapper json, PythonTools tools) {
    server
        .serverInfo(INFO)
        .capabilities(CAPABILITIES)
        .instructions(INSTRUCTIONS)
        .jsonMapper(json)
        .tools(tools.specifications(json))
        .build();
  }

  private static String version() {
    String version = ServerFace.class.getPackage().getImplementationVersion();
    return version == null ? "0.1.0" : version;
  }
}
