package dev.pyvisor.mcp.server;

import dev.pyvisor.Defaults;
import dev.pyvisor.mcp.McpLimits;
import dev.pyvisor.mcp.lines.Daemons;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.server.McpAsyncServerExchange;
import io.modelcontextprotocol.server.McpServerFeatures.AsyncToolSpecification;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.modelcontextprotocol.spec.McpSchema.ToolAnnotations;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;

/**
 * All tools of the server, and the threads that begin their calls: the SDK's own are ten for each
 * processor, and twenty cells would keep an interrupt waiting.
 *
 * <p>Thread-safe: by a thread pool, and otherwise immutable.
 */
final class PythonTools implements AutoCloseable {
  /** The schema of the argument that says which session is meant. */
  static final String SESSION =
      "{\"type\": \"string\", \"description\": \"which session; left out: "
          + Defaults.SESSION
          + "\"}";

  /** The schema of tools that take nothing else. */
  static final String SESSION_ONLY =
      "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {\"session\": "
          + SESSION
          + "}}";

  /** The schema of a file's path. */
  static final String PATH =
      "{\"type\": \"string\", \"minLength\": 1, \"description\": \"relative to the working directory,"
          + " with / between names\"}";

  private static final List<PythonTool> ALL =
      Stream.of(ExecuteTool.all(), FileTools.all(), StateTools.all())
          .flatMap(List::stream)
          .toList();

  private final ThreadPoolExecutor threads;
  private final Turns turns;

  PythonTools() {
    AtomicInteger number = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            McpLimits.CALL_THREADS,
            McpLimits.CALL_THREADS,
            McpLimits.IDLE_THREAD.toMillis(),
            TimeUnit.MILLISECONDS,
            new LinkedBlockingQueue<>(McpLimits.WAITING_CALLS),
            work -> Daemons.thread("mcp-call-" + number.incrementAndGet(), work));
    threads.allowCoreThreadTimeOut(true);
    turns = new Turns(threads);
  }

  static Set<String> names() {
    return ALL.stream().map(PythonTool::name).collect(Collectors.toCollection(TreeSet::new));
  }

  /** The tools as the SDK takes them. */
  List<AsyncToolSpecification> specifications(McpJsonMapper json) {
    return ALL.stream()
        .map(
            tool ->
                AsyncToolSpecification.builder()
                    .tool(declared(tool, json))
                    .callHandler((exchange, request) -> call(tool, exchange, request))
                    .build())
        .toList();
  }

  private static Tool declared(PythonTool tool, McpJsonMapper json) {
    boolean reads = tool.hints() == PythonTool.Hints.READS;
    return Tool.builder(tool.name(), json, tool.schema())
        .description(tool.description())
        .annotations(
            ToolAnnotations.builder()
                .readOnlyHint(reads)
                .destructiveHint(tool.hints() == PythonTool.Hints.DESTROYS)
                .build())
        .build();
  }

  private Mono<CallToolResult> call(
      PythonTool tool, McpAsyncServerExchange exchange, CallToolRequest request) {
    Call call =
        new Call(
            OpenCalls.bench(exchange.transportContext()),
            OpenCalls.call(exchange.transportContext()),
            Arguments.of(request.arguments()),
            new Progress(exchange, request));
    CompletableFuture<CallToolResult> answer = new CompletableFuture<>();
    try {
      Runnable begin = () -> begin(tool, call, answer);
      if (tool.order() == PythonTool.Order.IN_TURN) {
        turns.execute(call.bench(), call.turn(), begin);
      } else {
        threads.execute(begin);
      }
    } catch (RejectedExecutionException full) {
      answer.complete(Answers.failed("the server has too much to do; nothing was done, try again"));
    }
    // A subscriber that goes away cancels what it is given; a copy, so that the answer is not lost.
    return Mono.fromFuture(answer::copy);
  }

  private static void begin(PythonTool tool, Call call, CompletableFuture<CallToolResult> answer) {
    try {
      if (call.open().cancelled()) {
        throw new Refused("the call was taken back before it began");
      }
      tool.handler()
          .call(call)
          .whenComplete(
              (found, failed) ->
                  answer.complete(failed == null ? found : Answers.failed(tool.name(), failed)));
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      answer.complete(Answers.failed("the server is ending"));
    } catch (Exception failed) {
      answer.complete(Answers.failed(tool.name(), failed));
    }
  }

  /** Begins nothing more. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
