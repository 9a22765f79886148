package dev.pyvisor.mcp.server;

import dev.pyvisor.SupervisorClient;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.server.McpServer;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.function.Supplier;

/**
 * One client over two streams, from its first message to the end.
 *
 * <p>Immutable.
 */
public final class StreamServing {
  private StreamServing() {}

  /** Serves until the end, and leaves nothing. */
  public static void serve(Supplier<SupervisorClient> runners, InputStream in, OutputStream out)
      throws InterruptedException {
    McpJsonMapper json = McpJsonDefaults.getMapper();
    try (Workbench bench = new Workbench(runners);
        PythonTools tools = new PythonTools()) {
      OpenCalls calls = new OpenCalls(bench, PythonTools.names());
      LineTransport transport = new LineTransport(json, in, out, calls);
      ServerFace.build(McpServer.async(transport), json, tools);
      try {
        transport.serve();
      } finally {
        calls.end();
        transport.flush();
      }
    }
  }
}
