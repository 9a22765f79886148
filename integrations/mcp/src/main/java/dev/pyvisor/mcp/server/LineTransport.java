package dev.pyvisor.mcp.server;

import dev.pyvisor.agent.Clip;
import dev.pyvisor.mcp.McpLimits;
import dev.pyvisor.mcp.lines.Daemons;
import dev.pyvisor.mcp.lines.Lines;
import dev.pyvisor.mcp.lines.Outlet;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpServerSession;
import io.modelcontextprotocol.spec.McpServerTransport;
import io.modelcontextprotocol.spec.McpServerTransportProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * MCP over two streams, a message a line: what clients that start their server speak.
 *
 * <p>In place of the SDK's own (2.1.0), which ends without a word at the first line that is no
 * message, stops reading at 256 open requests, cancellations included, and whose queue refuses what
 * two threads send at the same moment. Here a bad line is answered and the next one read, a request
 * too many is answered, and nobody who sends waits for the client to read.
 *
 * <p>Thread-safe: one thread reads, one writes, and what they share is.
 */
final class LineTransport implements McpServerTransportProvider, McpServerTransport {
  private static final Logger LOG = LoggerFactory.getLogger(LineTransport.class);
  private static final int PARSE_ERROR = -32700;
  private static final int INVALID_REQUEST = -32600;

  private final McpJsonMapper json;
  private final Lines in;
  private final OutputStream out;
  private final OpenCalls calls;
  private final Outlet outlet = new Outlet();
  private final CountDownLatch over = new CountDownLatch(1);
  private final CompletableFuture<McpServerSession> session = new CompletableFuture<>();

  LineTransport(McpJsonMapper json, InputStream in, OutputStream out, OpenCalls calls) {
    this.json = json;
    this.in = new Lines(in, McpLimits.MESSAGE_BYTES);
    this.out = out;
    this.calls = calls;
  }

  /** Serves until the client closes its end, or takes nothing more. */
  void serve() throws InterruptedException {
    Daemons.start("mcp-writer", this::write);
    Daemons.start("mcp-reader", this::read);
    over.await();
  }

  /** Lets what is written already leave. */
  void flush() throws InterruptedException {
    outlet.end();
    outlet.awaitDrained();
  }

  private void write() {
    try {
      outlet.drain(out);
    } catch (IOException gone) {
      LOG.info("the client takes nothing more: {}", gone.toString());
    } finally {
      over.countDown();
    }
  }

  private void read() {
    try {
      for (Optional<Lines.Line> line = in.next(); line.isPresent(); line = in.next()) {
        take(line.get());
      }
    } catch (IOException gone) {
      LOG.info("the client cannot be read any more: {}", gone.toString());
    } finally {
      over.countDown();
    }
  }

  private void take(Lines.Line line) {
    if (line.tooLong()) {
      refuse(INVALID_REQUEST, "the message has more than " + McpLimits.MESSAGE_BYTES + " bytes");
      return;
    }
    String text = new String(line.bytes(), StandardCharsets.UTF_8);
    if (text.isBlank()) {
      return;
    }
    JSONRPCMessage message;
    try {
      message = McpSchema.deserializeJsonRpcMessage(json, text);
    } catch (IOException | RuntimeException odd) {
      refuse(PARSE_ERROR, "this line is no message of JSON-RPC: " + Clip.of(text, 200, ""));
      return;
    }
    take(message);
  }

  private void take(JSONRPCMessage message) {
    McpTransportContext context = McpTransportContext.EMPTY;
    if (message instanceof JSONRPCRequest request) {
      Optional<JSONRPCResponse> refusal = calls.admit(request);
      if (refusal.isPresent()) {
        send(refusal.get());
        return;
      }
      context = calls.context(request.id());
    } else if (message instanceof JSONRPCNotification notification
        && notification.method().equals(OpenCalls.CANCELLED)) {
      calls.cancelled(notification);
      return;
    }
    McpTransportContext known = context;
    session
        .join()
        .handle(message)
        .contextWrite(reactor -> reactor.put(McpTransportContext.KEY, known))
        .subscribe(nothing -> {}, failed -> LOG.warn("a message was not handled", failed));
  }

  /** MCP's types have no answer without an id, and there is none in what cannot be read. */
  private void refuse(int code, String why) {
    try {
      outlet.add(
          line(
              "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":"
                  + code
                  + ",\"message\":"
                  + json.writeValueAsString(why)
                  + "}}"));
    } catch (IOException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private void send(JSONRPCMessage message) {
    byte[] line;
    try {
      line = line(json.writeValueAsString(message));
    } catch (IOException odd) {
      LOG.error("a message could not be written as JSON", odd);
      return;
    }
    if (message instanceof JSONRPCNotification) {
      outlet.offer(line);
    } else if (!outlet.add(line)) {
      // The writer may be in a write that never ends.
      over.countDown();
    }
  }

  private static byte[] line(String text) {
    return (text + "\n").getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void setSessionFactory(McpServerSession.Factory factory) {
    session.complete(factory.create(this));
  }

  @Override
  public Mono<Void> sendMessage(JSONRPCMessage message) {
    return Mono.fromRunnable(
        () -> {
          if (!(message instanceof JSONRPCResponse response) || calls.answered(response)) {
            send(message);
          }
        });
  }

  @Override
  public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
    return json.convertValue(data, type);
  }

  @Override
  public Mono<Void> notifyClients(String method, @Nullable Object params) {
    return session.join().sendNotification(method, params);
  }

  @Override
  public Mono<Void> closeGracefully() {
    return Mono.fromRunnable(over::countDown);
  }

  @Override
  public void close() {
    over.countDown();
  }

  /** Both interfaces have one. */
  @Override
  public List<String> protocolVersions() {
    return McpServerTransportProvider.super.protocolVersions();
  }
}
