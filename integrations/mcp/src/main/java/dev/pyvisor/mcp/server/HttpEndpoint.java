package dev.pyvisor.mcp.server;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.agent.Clip;
import dev.pyvisor.mcp.McpLimits;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.InitializeRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import io.modelcontextprotocol.spec.McpStreamableServerTransportProvider;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * MCP's streamable HTTP, on the server that comes with the JDK: the SDK's own needs a servlet
 * container, and knows of no cancellation. A request is answered by events; what has no answer is
 * accepted. There is no stream for what the server says by itself, because it says nothing.
 *
 * <p>Thread-safe: a request has a thread of its own, and what they share is.
 */
final class HttpEndpoint implements HttpHandler, McpStreamableServerTransportProvider {
  private static final Logger LOG = LoggerFactory.getLogger(HttpEndpoint.class);
  private static final String SESSION = "Mcp-Session-Id";

  private final McpJsonMapper json;
  private final HttpGate gate;
  private final HttpClients clients;
  private final Supplier<SupervisorClient> runners;
  private final CompletableFuture<McpStreamableServerSession.Factory> factory =
      new CompletableFuture<>();

  HttpEndpoint(
      McpJsonMapper json, HttpGate gate, HttpClients clients, Supplier<SupervisorClient> runners) {
    this.json = json;
    this.gate = gate;
    this.clients = clients;
    this.runners = runners;
  }

  @Override
  public void handle(HttpExchange http) throws IOException {
    try (http) {
      Headers headers = http.getRequestHeaders();
      Optional<HttpGate.Refusal> refusal = gate.refusal(http.getRequestMethod(), headers::getFirst);
      if (refusal.isPresent()) {
        refuse(http, refusal.get().status(), refusal.get().why());
        return;
      }
      switch (http.getRequestMethod()) {
        case "POST" -> post(http);
        case "DELETE" -> delete(http);
        default -> {
          http.getResponseHeaders().set("Allow", "POST, DELETE");
          refuse(http, 405, "POST a message, or DELETE the session");
        }
      }
    } catch (RuntimeException failed) {
      LOG.error("a request over HTTP failed", failed);
      throw failed;
    }
  }

  private void post(HttpExchange http) throws IOException {
    byte[] body = http.getRequestBody().readNBytes(McpLimits.MESSAGE_BYTES + 1);
    if (body.length > McpLimits.MESSAGE_BYTES) {
      refuse(http, 413, "the message has more than " + McpLimits.MESSAGE_BYTES + " bytes");
      return;
    }
    String text = new String(body, StandardCharsets.UTF_8);
    JSONRPCMessage message;
    try {
      message = McpSchema.deserializeJsonRpcMessage(json, text);
    } catch (IOException | RuntimeException odd) {
      refuse(http, 400, "this is no message of JSON-RPC: " + Clip.of(text, 200, ""));
      return;
    }
    if (message instanceof JSONRPCRequest request
        && request.method().equals(McpSchema.METHOD_INITIALIZE)) {
      initialize(http, request);
      return;
    }
    Optional<HttpClients.Client> client = client(http);
    if (client.isPresent()) {
      try {
        take(http, client.get(), message);
      } finally {
        clients.release(client.get());
      }
    }
  }

  private Optional<HttpClients.Client> client(HttpExchange http) throws IOException {
    String id = http.getRequestHeaders().getFirst(SESSION);
    Optional<HttpClients.Client> client = clients.use(id);
    if (client.isEmpty()) {
      refuse(
          http,
          id == null ? 400 : 404,
          id == null ? "the header " + SESSION + " is missing" : "there is no such session");
    }
    return client;
  }

  private void initialize(HttpExchange http, JSONRPCRequest request) throws IOException {
    var begun =
        factory
            .join()
            .startSession(json.convertValue(request.params(), new TypeRef<InitializeRequest>() {}));
    Workbench bench = new Workbench(runners);
    HttpClients.Client client =
        new HttpClients.Client(begun.session(), bench, new OpenCalls(bench, PythonTools.names()));
    if (!clients.add(client)) {
      refuse(http, 503, McpLimits.HTTP_CLIENTS + " clients are connected already; try again later");
      return;
    }
    try {
      http.getResponseHeaders().set(SESSION, begun.session().getId());
      Object result = begun.initResult().block();
      answer(http, 200, json.writeValueAsString(JSONRPCResponse.result(request.id(), result)));
    } finally {
      clients.release(client);
    }
  }

  private void take(HttpExchange http, HttpClients.Client client, JSONRPCMessage message)
      throws IOException {
    if (message instanceof JSONRPCRequest request) {
      answer(http, client, request);
      return;
    }
    if (message instanceof JSONRPCNotification notification) {
      if (notification.method().equals(OpenCalls.CANCELLED)) {
        client.calls.cancelled(notification);
      } else {
        client.session.accept(notification).block();
      }
    } else if (message instanceof JSONRPCResponse response) {
      client.session.accept(response).onErrorComplete().block();
    }
    http.sendResponseHeaders(202, -1);
  }

  private void answer(HttpExchange http, HttpClients.Client client, JSONRPCRequest request)
      throws IOException {
    Optional<JSONRPCResponse> refusal = client.calls.admit(request);
    if (refusal.isPresent()) {
      answer(http, 200, json.writeValueAsString(refusal.get()));
      return;
    }
    McpTransportContext context = client.calls.context(request.id());
    EventStream events = new EventStream(json, client.calls);
    // Nobody reads an answer to what was taken back: the stream ends without one.
    OpenCalls.call(context).onCancel(events::end);
    http.getResponseHeaders().set("Content-Type", "text/event-stream");
    http.getResponseHeaders().set("Cache-Control", "no-store");
    http.sendResponseHeaders(200, 0);
    client
        .session
        .responseStream(events)
        .handle(request)
        .contextWrite(reactor -> reactor.put(McpTransportContext.KEY, context))
        .subscribe(nothing -> {}, failed -> LOG.warn("a request was not handled", failed));
    try (OutputStream out = http.getResponseBody()) {
      events.drain(out);
    } catch (IOException gone) {
      // MCP says that a connection that is lost takes nothing back.
      LOG.debug("a client does not read the answer to its request: {}", gone.toString());
    }
  }

  private void delete(HttpExchange http) throws IOException {
    Optional<HttpClients.Client> client = client(http);
    if (client.isPresent()) {
      clients.remove(client.get());
      http.sendResponseHeaders(204, -1);
    }
  }

  private static void answer(HttpExchange http, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    http.getResponseHeaders().set("Content-Type", "application/json");
    http.sendResponseHeaders(status, bytes.length);
    try (OutputStream out = http.getResponseBody()) {
      out.write(bytes);
    }
  }

  private void refuse(HttpExchange http, int status, String why) throws IOException {
    if (status == 401) {
      http.getResponseHeaders().set("WWW-Authenticate", "Bearer");
    }
    answer(http, status, "{\"error\":" + json.writeValueAsString(why) + "}");
  }

  @Override
  public void setSessionFactory(McpStreamableServerSession.Factory made) {
    factory.complete(made);
  }

  /** Nothing is said that no client has asked for. */
  @Override
  public Mono<Void> notifyClients(String method, @Nullable Object params) {
    return Mono.empty();
  }

  @Override
  public Mono<Void> closeGracefully() {
    return Mono.fromRunnable(clients::end);
  }
}
