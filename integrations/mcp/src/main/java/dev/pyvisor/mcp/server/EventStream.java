package dev.pyvisor.mcp.server;

import dev.pyvisor.mcp.lines.Outlet;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * The answer to one request over HTTP: events, of which the last is the answer.
 *
 * <p>Thread-safe: it only puts messages into an outlet.
 */
final class EventStream implements McpStreamableServerTransport {
  private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);

  private final McpJsonMapper json;
  private final OpenCalls calls;
  private final Outlet outlet = new Outlet();

  EventStream(McpJsonMapper json, OpenCalls calls) {
    this.json = json;
    this.calls = calls;
  }

  /** Writes until the answer is out, in the thread that calls. */
  void drain(OutputStream out) throws IOException {
    outlet.drain(out);
  }

  void end() {
    outlet.end();
  }

  @Override
  public Mono<Void> sendMessage(JSONRPCMessage message, @Nullable String id) {
    return Mono.fromRunnable(
        () -> {
          if (!(message instanceof JSONRPCResponse response) || calls.answered(response)) {
            put(message);
          }
        });
  }

  private void put(JSONRPCMessage message) {
    byte[] event;
    try {
      event =
          ("event: message\ndata: " + json.writeValueAsString(message) + "\n\n")
              .getBytes(StandardCharsets.UTF_8);
    } catch (IOException odd) {
      LOG.error("a message could not be written as JSON", odd);
      return;
    }
    if (message instanceof JSONRPCNotification) {
      outlet.offer(event);
    } else {
      outlet.add(event);
    }
  }

  @Override
  public Mono<Void> sendMessage(JSONRPCMessage message) {
    return sendMessage(message, null);
  }

  @Override
  public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
    return json.convertValue(data, type);
  }

  @Override
  public Mono<Void> closeGracefully() {
    return Mono.fromRunnable(this::end);
  }

  @Override
  public void close() {
    end();
  }
}
