package dev.pyvisor.internal;

import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.ProtocolViolated;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.ProtocolError;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * A request to the supervisor.
 *
 * <p>Thread-safe: by its future; who completes it first counts.
 */
final class ControlCall<T> implements PendingCall {
  final CompletableFuture<T> result = new CompletableFuture<>();
  final String id;
  private final long openedNanos = System.nanoTime();

  /** What was handed to the outbox; set once, before it is. */
  volatile @Nullable Outgoing outgoing;

  private final String runnerId;
  private final String method;
  private final BiFunction<JsonNode, List<byte[]>, T> reading;
  private final @Nullable Consumer<JsonNode> unwanted;
  private final Trace trace;

  /**
   * {@code reading} makes something of the result and of what is attached to it, on the reader
   * thread and so before anything that the runner says next; whatever it throws settles the call
   * and goes on to the reader. {@code unwanted} takes the result, there too, where it comes after
   * the call has expired; null where nothing needs it.
   */
  ControlCall(
      String runnerId,
      long id,
      String method,
      BiFunction<JsonNode, List<byte[]>, T> reading,
      @Nullable Consumer<JsonNode> unwanted,
      Trace trace) {
    this.runnerId = runnerId;
    this.id = Long.toString(id);
    this.method = method;
    this.reading = reading;
    this.unwanted = unwanted;
    this.trace = trace;
  }

  @Override
  public void answered(Envelope.Reply reply) {
    answered(reply, List.of());
  }

  @Override
  public void answered(Envelope.Reply reply, List<byte[]> attachments) {
    try {
      JsonNode error = reply.error();
      if (error != null) {
        failed(WireErrors.refused(runnerId, method, error));
        return;
      }
      JsonNode found = reply.result();
      T read =
          reading.apply(found == null ? JsonNodeFactory.instance.nullNode() : found, attachments);
      trace.requestEnded(runnerId, method, null);
      result.complete(read);
    } catch (ProtocolError misfit) {
      failed(
          new ProtocolViolated(
              runnerId, Delivery.ANSWERED, misfit.rule(), String.valueOf(misfit.getMessage())));
      throw misfit;
    } catch (RuntimeException | Error defect) {
      // It is in no table any more: neither its deadline nor the runner's end would settle it.
      failed(unusable(defect));
      throw defect;
    }
  }

  private CallFailed unusable(Throwable defect) {
    CallFailed failure =
        new CallFailed(
            runnerId,
            ErrorCode.INTERNAL,
            ErrorCode.INTERNAL.number(),
            Delivery.ANSWERED,
            "runner " + runnerId + ": the host failed on the reply to " + method + ": " + defect,
            null,
            null);
    failure.initCause(defect);
    return failure;
  }

  @Override
  public void failed(RunnerException verdict) {
    trace.requestEnded(runnerId, method, verdict);
    result.completeExceptionally(verdict);
  }

  /** Whether its result must not be dropped where it comes too late. */
  boolean minds() {
    return unwanted != null;
  }

  void answeredLate(Envelope.Reply reply) {
    JsonNode found = reply.result();
    if (unwanted != null && found != null) {
      unwanted.accept(found);
    }
  }

  String method() {
    return method;
  }

  @Override
  public String describe() {
    return method + " " + JsonRpc.quoted(runnerId);
  }

  @Override
  public long openedNanos() {
    return openedNanos;
  }

  @Override
  public @Nullable Outgoing outgoing() {
    return outgoing;
  }
}
