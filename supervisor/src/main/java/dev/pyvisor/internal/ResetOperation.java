package dev.pyvisor.internal;

import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.Fields;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Message;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;

/**
 * A reset in its turn: between the cells before it and those behind it.
 *
 * <p>Thread-safe: settled once, by the future.
 */
final class ResetOperation extends Operation {
  private static final String METHOD = "reset";

  final CompletableFuture<Integer> generation = new CompletableFuture<>();
  private final SessionCore session;

  ResetOperation(SessionCore session) {
    this.session = session;
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
  Message message(long requestId, int cell, int number) {
    return new Message(
        FrameKind.MESSAGE,
        0,
        0,
        0,
        0,
        number,
        JsonRpc.request(requestId, METHOD, "{\"session\":" + session.number() + "}"),
        List.of());
  }

  @Override
  public void answered(Envelope.Reply reply) {
    JsonNode error = reply.error();
    if (error == null) {
      int fresh = new Fields("LIF-8", "the result of reset", reply.result()).small("generation");
      session.newGeneration(fresh);
      session.ended(this);
      generation.complete(fresh);
      return;
    }
    session.ended(this);
    generation.completeExceptionally(WireErrors.refused(session.runnerId(), METHOD, error));
  }

  @Override
  public void failed(RunnerException verdict) {
    // The session's own verdict follows and knows how far this one had come.
  }

  @Override
  void fail(RunnerException verdict, Delivery delivery) {
    generation.completeExceptionally(verdict.as(delivery));
  }

  @Override
  void abandon(RunnerException verdict, Delivery delivery) {
    fail(verdict, delivery);
  }

  @Override
  public String describe() {
    return METHOD + " session " + session.number();
  }
}
