package dev.pyvisor.mcp.server;

import dev.pyvisor.mcp.McpLimits;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The open requests of one client. The SDK (2.1.0) does not know of {@code notifications/cancelled}
 * and hands a request's id to no handler, so that both stand here: a transport asks before it gives
 * a request to the SDK, and again before it sends an answer. It also tells an unknown tool by its
 * name, where the SDK says "invalid_tool_name".
 *
 * <p>Guarded by this.
 */
final class OpenCalls {
  static final String CANCELLED = "notifications/cancelled";

  private static final String CALL = "tools/call";
  private static final String CALL_KEY = "dev.pyvisor.call";
  private static final String BENCH_KEY = "dev.pyvisor.bench";
  private static final int INVALID_PARAMS = -32602;
  private static final int OVERLOADED = -32000;

  private final Workbench bench;
  private final Set<String> tools;
  private final Map<Object, OpenCall> open = new HashMap<>();
  private boolean ended;

  OpenCalls(Workbench bench, Set<String> tools) {
    this.bench = bench;
    this.tools = tools;
  }

  /** The answer to a request that is not to reach the SDK; otherwise it is open from now on. */
  Optional<JSONRPCResponse> admit(JSONRPCRequest request) {
    if (request.method().equals(CALL)
        && request.params() instanceof Map<?, ?> params
        && params.get("name") instanceof String name
        && !tools.contains(name)) {
      return refused(
          request,
          INVALID_PARAMS,
          "Unknown tool: " + name + "; there are " + String.join(", ", tools));
    }
    synchronized (this) {
      if (open.size() >= McpLimits.OPEN_CALLS || ended) {
        return refused(
            request,
            OVERLOADED,
            ended
                ? "the server is ending"
                : open.size() + " requests are open already, the most there may be; wait for some");
      }
      if (open.putIfAbsent(request.id(), new OpenCall()) != null) {
        return refused(request, -32600, "the id " + request.id() + " is that of an open request");
      }
    }
    return Optional.empty();
  }

  /** What the handler of an admitted request can find out about it. */
  synchronized McpTransportContext context(Object id) {
    OpenCall call = open.get(id);
    return McpTransportContext.create(
        Map.of(BENCH_KEY, bench, CALL_KEY, call == null ? new OpenCall() : call));
  }

  static OpenCall call(McpTransportContext context) {
    return (OpenCall) context.get(CALL_KEY);
  }

  static Workbench bench(McpTransportContext context) {
    return (Workbench) context.get(BENCH_KEY);
  }

  /** Whether anybody waits for this answer; the request is open no more. */
  synchronized boolean answered(JSONRPCResponse response) {
    OpenCall call = open.remove(response.id());
    return call == null || !call.cancelled();
  }

  /** Takes note of a client that takes a request back. */
  void cancelled(JSONRPCNotification notification) {
    OpenCall call = null;
    if (notification.params() instanceof Map<?, ?> params) {
      synchronized (this) {
        call = found(params.get("requestId"));
      }
    }
    // It may have been answered meanwhile; MCP says to pass over that.
    if (call != null) {
      call.cancel();
    }
  }

  /** Nobody waits any more. */
  void end() {
    List<OpenCall> orphans;
    synchronized (this) {
      ended = true;
      orphans = new ArrayList<>(open.values());
    }
    orphans.forEach(OpenCall::cancel);
  }

  private @Nullable OpenCall found(@Nullable Object id) {
    return id == null ? null : open.get(id);
  }

  private static Optional<JSONRPCResponse> refused(JSONRPCRequest request, int code, String why) {
    return Optional.of(
        JSONRPCResponse.error(request.id(), new JSONRPCResponse.JSONRPCError(code, why, null)));
  }
}
