package dev.pyvisor.mcp.client;

import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Requests that a server has not answered. The SDK (2.1.0) lets them wait for their time-out when
 * the server has died, and cannot take one back; both need their ids.
 *
 * <p>Guarded by this.
 */
final class Outstanding {
  /** A code of the range that JSON-RPC leaves to servers. */
  private static final int GONE = -32000;

  private final Map<Object, Object> tokens = new HashMap<>();
  private @Nullable String end;

  /** The answer to a request that nobody will answer; otherwise it is outstanding from now on. */
  synchronized Optional<JSONRPCResponse> sent(JSONRPCRequest request) {
    if (end != null) {
      return Optional.of(gone(request.id(), end));
    }
    Object token = request.params() instanceof CallToolRequest call ? token(call) : null;
    tokens.put(request.id(), token == null ? request.id() : token);
    return Optional.empty();
  }

  private static @Nullable Object token(CallToolRequest call) {
    return call.meta() == null ? null : call.meta().get("progressToken");
  }

  synchronized void answered(JSONRPCResponse response) {
    tokens.remove(response.id());
  }

  /** The id of the call with that token, while it is outstanding. */
  synchronized Optional<Object> id(Object token) {
    return tokens.entrySet().stream()
        .filter(entry -> entry.getValue().equals(token))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** The server is gone: answers for all that wait, and for all that come. */
  synchronized List<JSONRPCResponse> gone(String why) {
    if (end != null) {
      return List.of();
    }
    end = why;
    List<JSONRPCResponse> answers = tokens.keySet().stream().map(id -> gone(id, why)).toList();
    tokens.clear();
    return answers;
  }

  private static JSONRPCResponse gone(Object id, String why) {
    return JSONRPCResponse.error(id, new JSONRPCResponse.JSONRPCError(GONE, why, null));
  }
}
