package dev.pyvisor.mcp.server;

import com.sun.net.httpserver.HttpServer;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.mcp.HttpListener;
import dev.pyvisor.mcp.HttpSettings;
import dev.pyvisor.mcp.McpLimits;
import dev.pyvisor.mcp.lines.Daemons;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.spec.ProtocolVersions;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * All clients over HTTP, until the end.
 *
 * <p>Immutable.
 */
public final class HttpServing implements HttpListener {
  private static final String PATH = "/mcp";
  private static final List<String> VERSIONS =
      List.of(
          ProtocolVersions.MCP_2024_11_05,
          ProtocolVersions.MCP_2025_03_26,
          ProtocolVersions.MCP_2025_06_18,
          ProtocolVersions.MCP_2025_11_25);

  private final HttpServer server;
  private final ThreadPoolExecutor threads;
  private final ScheduledExecutorService timer;
  private final HttpClients clients;
  private final PythonTools tools;

  private HttpServing(
      HttpServer server,
      ThreadPoolExecutor threads,
      ScheduledExecutorService timer,
      HttpClients clients,
      PythonTools tools) {
    this.server = server;
    this.threads = threads;
    this.timer = timer;
    this.clients = clients;
    this.tools = tools;
  }

  /** Listens from now on. */
  public static HttpListener start(Supplier<SupervisorClient> runners, HttpSettings settings)
      throws IOException {
    HttpServer server = HttpServer.create(settings.where(), 0);
    McpJsonMapper json = McpJsonDefaults.getMapper();
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(Daemons.named("mcp-http-timer"));
    HttpClients clients = new HttpClients(timer);
    HttpEndpoint endpoint =
        new HttpEndpoint(json, new HttpGate(settings, VERSIONS), clients, runners);
    PythonTools tools = new PythonTools();
    ServerFace.build(McpServer.async(endpoint), json, tools);
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            0,
            McpLimits.HTTP_THREADS,
            McpLimits.IDLE_THREAD.toMillis(),
            TimeUnit.MILLISECONDS,
            new SynchronousQueue<>(),
            Daemons.named("mcp-http"));
    server.setExecutor(threads);
    server.createContext(PATH, endpoint);
    server.start();
    return new HttpServing(server, threads, timer, clients, tools);
  }

  @Override
  public URI url() {
    InetSocketAddress where = server.getAddress();
    String host = where.getAddress().getHostAddress();
    return URI.create(
        "http://"
            + (where.getAddress() instanceof Inet6Address ? "[" + host + "]" : host)
            + ":"
            + where.getPort()
            + PATH);
  }

  @Override
  public void close() {
    clients.end();
    server.stop(0);
    tools.close();
    threads.shutdownNow();
    timer.shutdownNow();
  }
}
