package dev.pyvisor.mcp.client;

import dev.pyvisor.mcp.McpLimits;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.tool.ToolContext;
import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import io.modelcontextprotocol.spec.McpSchema.ListToolsResult;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Mono;

/**
 * An MCP server that is started as a process of this machine, and its tools as host tools. It runs
 * with the rights of this program, whatever isolates the code that calls it. A call that is given
 * up is taken back at the server; what it reports of its progress is the tool's progress; when the
 * server dies its calls fail at once, with its status and what it said last.
 *
 * <p>Thread-safe: every method may be called from any thread.
 */
public final class McpProcess implements AutoCloseable {
  private final ProcessTransport transport;
  private final McpAsyncClient client;
  private final Map<Object, ToolContext> calls = new ConcurrentHashMap<>();
  private final AtomicLong tokens = new AtomicLong();

  private McpProcess(List<String> command, Map<String, String> environment) {
    McpJsonMapper json = McpJsonDefaults.getMapper();
    transport = new ProcessTransport(json, command, environment);
    client =
        McpClient.async(transport)
            .clientInfo(Implementation.builder("pyvisor", "0.1.0").build())
            .initializationTimeout(McpLimits.INITIALIZE)
            .requestTimeout(McpLimits.TOOL_CALL)
            .progressConsumer(told -> Mono.fromRunnable(() -> progress(told)))
            .build();
  }

  /**
   * Starts a server and waits until it is initialized.
   *
   * @param command the program and its arguments
   * @param environment variables on top of this program's own
   * @throws IllegalStateException when it cannot be started, or does not answer as one
   */
  public static McpProcess start(List<String> command, Map<String, String> environment) {
    McpProcess server = new McpProcess(command, environment);
    try {
      server.client.initialize().block(McpLimits.INITIALIZE);
      return server;
    } catch (RuntimeException failed) {
      server.close();
      Throwable cause = failed;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      throw new IllegalStateException(
          String.join(" ", command) + " did not begin as an MCP server: " + cause.getMessage(),
          failed);
    }
  }

  /** The same, with this program's environment. */
  public static McpProcess start(String... command) {
    return start(List.of(command), Map.of());
  }

  /** The SDK's client of it, for what is no tool: resources, prompts. */
  public McpAsyncClient client() {
    return client;
  }

  /**
   * Its tools, as they are now.
   *
   * @throws IllegalArgumentException as {@link
   *     McpTools#of(io.modelcontextprotocol.client.McpSyncClient)}
   */
  public List<Tool> tools() {
    return tools("");
  }

  /** The same, with something before each name. */
  public List<Tool> tools(String prefix) {
    return McpTools.of(new Calls(), prefix);
  }

  private void progress(ProgressNotification progress) {
    ToolContext context = calls.get(progress.progressToken());
    if (context != null) {
      context.progress(told(progress));
    }
  }

  private static String told(ProgressNotification progress) {
    String share =
        progress.total() == null
            ? String.valueOf(progress.progress())
            : progress.progress() + " of " + progress.total();
    return progress.message() == null ? share : progress.message() + " (" + share + ")";
  }

  /** Ends the server, with all that it has started. */
  @Override
  public void close() {
    client.close();
    transport.end();
  }

  private final class Calls implements McpTools.Server {
    @Override
    public List<McpSchema.Tool> list() {
      ListToolsResult found = client.listTools().block(McpLimits.LIST);
      return found == null ? List.of() : found.tools();
    }

    @Override
    public CallToolResult call(CallToolRequest.Builder request, ToolContext context)
        throws InterruptedException {
      String token = "pyvisor-" + tokens.incrementAndGet();
      calls.put(token, context);
      try {
        CompletableFuture<CallToolResult> answer =
            client.callTool(request.progressToken(token).build()).toFuture();
        // Only now: what has not been sent cannot be taken back.
        context.onCancel(() -> transport.cancel(token));
        return Optional.ofNullable(answer.get())
            .orElseThrow(() -> new IllegalStateException("it sent no answer"));
      } catch (ExecutionException failed) {
        throw new IllegalStateException(failed.getCause().getMessage(), failed.getCause());
      } finally {
        calls.remove(token);
      }
    }
  }
}
