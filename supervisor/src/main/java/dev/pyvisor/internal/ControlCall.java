package dev.pyvisor.internal;

import dev.pyvisor.error.RunnerException;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.JsonRpc;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * A request to the supervisor.
 *
 * <p>Thread-safe: by its future; who completes it first counts.
 */
final class ControlCall implements PendingCall {
  final CompletableFuture<JsonNode> result = new CompletableFuture<>();
  final String id;
  private final String runnerId;
  private final String method;

  ControlCall(String runnerId, long id, String method) {
    this.runnerId = runnerId;
    this.id = Long.toString(id);
    this.method = method;
  }

  @Override
  public void answered(Envelope.Reply reply) {
    JsonNode error = reply.error();
    if (error != null) {
      result.completeExceptionally(WireErrors.refused(runnerId, method, error));
      return;
    }
    JsonNode found = reply.result();
    result.complete(found == null ? JsonNodeFactory.instance.nullNode() : found);
  }

  @Override
  public void failed(RunnerException verdict) {
    result.completeExceptionally(verdict);
  }

  @Override
  public String describe() {
    return method + " " + JsonRpc.quoted(runnerId);
  }
}
