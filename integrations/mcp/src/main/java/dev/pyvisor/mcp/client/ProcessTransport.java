package dev.pyvisor.mcp.client;

import dev.pyvisor.agent.Clip;
import dev.pyvisor.mcp.McpLimits;
import dev.pyvisor.mcp.lines.Daemons;
import dev.pyvisor.mcp.lines.Lines;
import dev.pyvisor.mcp.lines.Outlet;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * MCP with a server that is a process of this machine, a message a line.
 *
 * <p>In place of the SDK's own (2.1.0), which reads in the charset of the locale, takes the end of
 * standard error for the end of the server, stops without a word at the first line that is no
 * message, leaves requests waiting when the server has died, waits without limit for one that does
 * not heed SIGTERM, and leaves the processes that the server has started.
 *
 * <p>Thread-safe: one thread reads, one writes, one reads standard error, and what they share is.
 */
final class ProcessTransport implements McpClientTransport {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessTransport.class);

  private final McpJsonMapper json;
  private final ProcessBuilder start;
  private final Outstanding outstanding = new Outstanding();
  private final Outlet outlet = new Outlet();
  private final StderrTail stderr = new StderrTail();
  private final CompletableFuture<Process> process = new CompletableFuture<>();
  private final CompletableFuture<Function<Mono<JSONRPCMessage>, Mono<JSONRPCMessage>>> handler =
      new CompletableFuture<>();

  ProcessTransport(McpJsonMapper json, List<String> command, Map<String, String> environment) {
    this.json = json;
    this.start = new ProcessBuilder(List.copyOf(command));
    start.environment().putAll(environment);
  }

  @Override
  public Mono<Void> connect(Function<Mono<JSONRPCMessage>, Mono<JSONRPCMessage>> with) {
    return Mono.fromRunnable(
        () -> {
          handler.complete(with);
          try {
            Process started = start.start();
            process.complete(started);
            Daemons.start("mcp-client-writer", () -> write(started.getOutputStream()));
            Daemons.start("mcp-client-reader", () -> read(started));
            Daemons.start("mcp-client-stderr", () -> stderr.drain(started.getErrorStream()));
          } catch (IOException failed) {
            // The SDK does not look at how this ends; what it asks next is answered with it.
            gone("the MCP server " + name() + " cannot be started: " + failed.getMessage());
          }
        });
  }

  /** Nobody answers any more: what waits fails, and what comes. */
  private void gone(String why) {
    outlet.end();
    outstanding.gone(why).forEach(this::deliver);
  }

  private String name() {
    return String.join(" ", start.command());
  }

  private void write(OutputStream out) {
    try (out) {
      outlet.drain(out);
    } catch (IOException gone) {
      LOG.debug("{} takes nothing more: {}", name(), gone.toString());
    }
  }

  private void read(Process server) {
    String why = "ended its output";
    Lines lines = new Lines(server.getInputStream(), McpLimits.ANSWER_BYTES);
    try {
      for (Optional<Lines.Line> line = lines.next(); line.isPresent(); line = lines.next()) {
        take(line.get());
      }
    } catch (IOException gone) {
      why = "cannot be read any more: " + gone.getMessage();
    } finally {
      over(server, why);
    }
  }

  /** Why a server ends is told by its status and by what it said last. */
  private void over(Process server, String why) {
    String end = why;
    String last = "";
    try {
      int status =
          server.onExit().get(McpLimits.LEAVE.toMillis(), TimeUnit.MILLISECONDS).exitValue();
      end = "has ended with status " + status;
      last = stderr.lastWords(McpLimits.FLUSH);
    } catch (TimeoutException alive) {
      last = stderr.text();
      LOG.debug("{} {}, and lives", name(), why);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException impossible) {
      throw new AssertionError(impossible);
    }
    String told =
        "the MCP server " + name() + " " + end + (last.isEmpty() ? "" : "; it said last: " + last);
    gone(told);
  }

  private void take(Lines.Line line) {
    String text = new String(line.bytes(), StandardCharsets.UTF_8);
    if (line.tooLong()) {
      gone(
          "the MCP server "
              + name()
              + " sent a message of more than "
              + McpLimits.ANSWER_BYTES
              + " bytes, and whose answer it is cannot be told");
      return;
    }
    try {
      JSONRPCMessage message = McpSchema.deserializeJsonRpcMessage(json, text);
      if (message instanceof JSONRPCResponse response) {
        outstanding.answered(response);
      }
      deliver(message);
    } catch (IOException | RuntimeException odd) {
      // Servers that print to their standard output: what is no message is no answer either.
      LOG.warn("{} printed what is no message: {}", name(), Clip.of(text, 200, ""));
    }
  }

  private void deliver(JSONRPCMessage message) {
    Mono.just(message)
        .transform(handler.join())
        .subscribe(nothing -> {}, failed -> LOG.warn("a message was not handled", failed));
  }

  @Override
  public Mono<Void> sendMessage(JSONRPCMessage message) {
    return Mono.fromRunnable(
        () -> {
          if (message instanceof JSONRPCRequest request) {
            Optional<JSONRPCResponse> gone = outstanding.sent(request);
            if (gone.isPresent()) {
              deliver(gone.get());
              return;
            }
          }
          put(message);
        });
  }

  /** Takes the call of that token back, if it is not answered yet. */
  void cancel(Object token) {
    outstanding
        .id(token)
        .ifPresent(
            id ->
                put(
                    new JSONRPCNotification(
                        "notifications/cancelled",
                        Map.of("requestId", id, "reason", "nobody waits for it any more"))));
  }

  private void put(JSONRPCMessage message) {
    try {
      byte[] line = (json.writeValueAsString(message) + "\n").getBytes(StandardCharsets.UTF_8);
      if (!outlet.add(line)) {
        gone("the MCP server " + name() + " does not read what it is sent");
      }
    } catch (IOException odd) {
      throw new IllegalArgumentException("this cannot be written as JSON: " + message, odd);
    }
  }

  @Override
  public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
    return json.convertValue(data, type);
  }

  @Override
  public Mono<Void> closeGracefully() {
    return Mono.fromRunnable(this::end);
  }

  /** Its input ends; if it does not, it is killed, with all that it has started. */
  void end() {
    Process server = process.getNow(null);
    if (server == null) {
      outlet.end();
      return;
    }
    // Whoever of them outlives the server is no descendant of it any more, and it may end at once.
    List<ProcessHandle> family = server.descendants().toList();
    outlet.end();
    try {
      server.waitFor(McpLimits.LEAVE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException impatient) {
      Thread.currentThread().interrupt();
    }
    server.descendants().forEach(ProcessHandle::destroyForcibly);
    family.forEach(ProcessHandle::destroyForcibly);
    server.toHandle().destroyForcibly();
  }
}
