package dev.pyvisor.internal;

import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Message;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request to the supervisor that touches a session's state, in its turn: between the cells before
 * it and those behind it.
 *
 * <p>Thread-safe: settled once, by the future.
 */
final class TurnCall<T> extends Operation {
  final CompletableFuture<T> result = new CompletableFuture<>();
  private final SessionCore session;
  private final String method;
  private final ObjectNode params;
  private final Duration limit;
  private final Function<@Nullable JsonNode, T> reading;

  /**
   * {@code params}: those beside the session; {@code reading} makes something of the result, on the
   * reader thread and so before anything that the runner says next; it may throw a ProtocolError.
   */
  TurnCall(
      SessionCore session,
      String method,
      ObjectNode params,
      Duration limit,
      Function<@Nullable JsonNode, T> reading) {
    this.session = session;
    this.method = method;
    this.params = params.put("session", session.number());
    this.limit = limit;
    this.reading = reading;
  }

  @Override
  long cost() {
    return 0;
  }

  @Override
  boolean isCell() {
    return false;
  }

  @Override
  Optional<Duration> limit() {
    return Optional.of(limit);
  }

  @Override
  void starts(int cell) {
    session.link().trace().turnStart(session, method);
  }

  @Override
  Message message(long requestId, int cell, int number) {
    return new Message(
        FrameKind.MESSAGE,
        0,
        0,
        0,
        0,
        number,
        JsonRpc.request(requestId, method, params.toString()),
        List.of());
  }

  @Override
  public void answered(Envelope.Reply reply) {
    JsonNode error = reply.error();
    if (error != null) {
      session.ended(this);
      settle(WireErrors.refused(session.runnerId(), method, error));
      return;
    }
    // What cannot be read ends the connection, and that settles this one, too.
    T found = reading.apply(reply.result());
    session.ended(this);
    session.link().trace().turnEnded(session, method, null);
    result.complete(found);
  }

  @Override
  public void failed(RunnerException verdict) {
    // The session's own verdict follows and knows how far this one had come.
  }

  @Override
  void fail(RunnerException verdict, Delivery delivery) {
    settle(verdict.as(delivery));
  }

  private void settle(RunnerException failure) {
    if (!result.isDone()) {
      session.link().trace().turnEnded(session, method, failure);
    }
    result.completeExceptionally(failure);
  }

  @Override
  void abandon(RunnerException verdict, Delivery delivery) {
    fail(verdict, delivery);
  }

  @Override
  public String describe() {
    return method + " session " + session.number();
  }
}
