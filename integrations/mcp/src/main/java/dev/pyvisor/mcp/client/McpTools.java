package dev.pyvisor.mcp.client;

import dev.pyvisor.agent.SchemaTool;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.tool.ToolContext;
import dev.pyvisor.tool.ToolFailure;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The tools of an MCP server as host tools, so that code calls them: by the nearest name that
 * Python can write, with the server's own description and schema.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class McpTools {
  private McpTools() {}

  /**
   * The tools of the server that the client is connected to. What they report of their progress is
   * heard by nobody, and a call that is given up goes on at the server, because the SDK (2.1.0) has
   * no way to tell it; {@link McpProcess} does both.
   *
   * @throws IllegalArgumentException when two tools would have one name in Python, or one has no
   *     schema of an object
   */
  public static List<Tool> of(McpSyncClient client) {
    return of(client, "");
  }

  /** The same, with something before each name, where several servers have tools of one name. */
  public static List<Tool> of(McpSyncClient client, String prefix) {
    return of(new Plain(client), prefix);
  }

  /**
   * A server whose tools are called.
   *
   * <p>Thread-safe: called from several tool threads at once.
   */
  interface Server {
    /** All its tools. */
    List<McpSchema.Tool> list();

    /** Calls one of them, and waits. */
    CallToolResult call(CallToolRequest.Builder request, ToolContext context)
        throws InterruptedException;
  }

  private record Plain(McpSyncClient client) implements Server {
    @Override
    public List<McpSchema.Tool> list() {
      return client.listTools().tools();
    }

    @Override
    public CallToolResult call(CallToolRequest.Builder request, ToolContext context) {
      return client.callTool(request.build());
    }
  }

  static List<Tool> of(Server server, String prefix) {
    McpJsonMapper json = McpJsonDefaults.getMapper();
    List<Tool> tools = new ArrayList<>();
    Map<String, String> names = new HashMap<>();
    for (McpSchema.Tool declared : server.list()) {
      Tool tool =
          SchemaTool.of(
              prefix + declared.name(),
              description(declared),
              text(json, declared.inputSchema()),
              (arguments, context) -> call(server, json, declared, arguments, context));
      String other = names.putIfAbsent(tool.name(), declared.name());
      if (other != null) {
        throw new IllegalArgumentException(
            "the tools '"
                + other
                + "' and '"
                + declared.name()
                + "' of the MCP server would both be "
                + tool.name()
                + "() in Python; leave one out, or rename it there");
      }
      tools.add(tool);
    }
    return tools;
  }

  private static String description(McpSchema.Tool declared) {
    String text = declared.description() == null ? declared.title() : declared.description();
    return text == null ? "" : text;
  }

  private static @Nullable Object call(
      Server server,
      McpJsonMapper json,
      McpSchema.Tool declared,
      String arguments,
      ToolContext context)
      throws IOException, InterruptedException {
    CallToolRequest.Builder request =
        CallToolRequest.builder(declared.name())
            .arguments(json.readValue(arguments, new TypeRef<Map<String, Object>>() {}));
    CallToolResult result;
    try {
      result = server.call(request, context);
    } catch (RuntimeException failed) {
      throw explained(declared.name(), failed);
    }
    return ToolAnswers.value(declared.name(), result);
  }

  /** In words that a model understands: what it can do is to go on without the tool. */
  private static ToolFailure explained(String tool, RuntimeException failed) {
    for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
      if (cause instanceof McpError refused && refused.getJsonRpcError() != null) {
        return new ToolFailure(tool + "(): " + refused.getJsonRpcError().message());
      }
      if (cause instanceof TimeoutException) {
        return new ToolFailure(
            tool + "(): its MCP server did not answer in time; whether it was done is unknown");
      }
    }
    return new ToolFailure(
        tool
            + "(): its MCP server cannot be reached any more ("
            + failed.getMessage()
            + "); whether it was done is unknown");
  }

  private static String text(McpJsonMapper json, Map<String, Object> schema) {
    try {
      return json.writeValueAsString(schema);
    } catch (IOException odd) {
      throw new UncheckedIOException(odd);
    }
  }
}
