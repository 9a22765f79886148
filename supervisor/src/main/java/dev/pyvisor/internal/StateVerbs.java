package dev.pyvisor.internal;

import dev.pyvisor.CheckpointReport;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.outcome.StateSource;
import dev.pyvisor.wire.Fields;
import dev.pyvisor.wire.Terminal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What can be done with a session's state as a whole. All but the interrupt run in the session's
 * turn, and wait for their answer.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class StateVerbs {
  private static final String RULE = "SES-9";

  private final ClientCore client;
  private final SessionCore session;
  private final Reentrancy reentrancy;

  public StateVerbs(ClientCore client, SessionCore session, Reentrancy reentrancy) {
    this.client = client;
    this.session = session;
    this.reentrancy = reentrancy;
  }

  public void reset() {
    refuse("reset");
    await(
        session.inTurn(
            "reset",
            params(),
            deadline(),
            result -> {
              session.newGeneration(result("reset", result).small("generation"));
              return true;
            }),
        "reset");
  }

  public CheckpointReport checkpoint(String name) {
    refuse("checkpoint");
    return await(
        session.inTurn(
            "checkpoint",
            params().put("name", name),
            deadline(),
            result -> checkpointReport(result("checkpoint", result))),
        "checkpoint " + name);
  }

  private static CheckpointReport checkpointReport(Fields made) {
    return new CheckpointReport(
        made.text("name"),
        Terminal.word(made.text("source"), StateSource::valueOf, "source"),
        made.has("reason") ? Optional.of(made.text("reason")) : Optional.empty(),
        made.small("cell"));
  }

  public StateReport rollback(String name) {
    refuse("rollback");
    return await(
        session.inTurn(
            "rollback",
            params().put("name", name),
            deadline(),
            result -> {
              Fields back = result("rollback", result);
              session.newGeneration(back.small("generation"));
              return Terminal.state(back.object("state"));
            }),
        "rollback " + name);
  }

  public void dropCheckpoint(String name) {
    refuse("dropCheckpoint");
    await(
        session.inTurn("checkpoint.drop", params().put("name", name), deadline(), result -> true),
        "dropCheckpoint " + name);
  }

  /** A session of its own with this one's state, or that of one of its checkpoints. */
  public SessionCore branch(String newName, Optional<String> checkpoint, SessionFacade facade) {
    refuse("branch");
    ObjectNode params = params().put("name", newName);
    checkpoint.ifPresent(name -> params.put("checkpoint", name));
    Deadline by = deadline();
    SessionCore branch =
        await(
            session.inTurn(
                "branch",
                params,
                by,
                result -> client.enterBranch(session, newName, result, facade)),
            "branch " + newName);
    client.registerTools(branch, List.of(), by);
    return branch;
  }

  /** Interrupts the cell that has the turn and waits until its turn is over; false: none has it. */
  public boolean interrupt(Duration limit) {
    // Not refused to tools: what they wait for ends with the cell, whatever they do.
    reentrancy.refuseListener("interrupt");
    CompletableFuture<Void> ended = session.interrupt().orElse(null);
    if (ended == null) {
      return false;
    }
    CompletableFuture<Boolean> inTime = new CompletableFuture<>();
    Timer.Alarm alarm = client.timer().after(limit, () -> inTime.complete(false));
    ended.whenComplete((nothing, failure) -> inTime.complete(true));
    boolean over = await(inTime, "the end of the interrupted cell");
    alarm.cancel();
    if (!over) {
      throw new CallTimedOut(
          session.runnerId(),
          Delivery.UNKNOWN,
          "runner "
              + session.runnerId()
              + ": the interrupted cell of session '"
              + session.name()
              + "' has not ended within "
              + limit
              + "; it is interrupted still, and its outcome will say what became of it");
    }
    return true;
  }

  /** Longer than an interrupted cell can take: its grace, and a call's time for a new kernel. */
  public Duration interruptLimit() {
    return client.settings().interruptGrace().plus(client.settings().callTimeout());
  }

  /** The same without waiting. */
  public CompletableFuture<Boolean> interruptAsync() {
    return Futures.published(
        session
            .interrupt()
            .map(ended -> ended.thenApply(nothing -> true))
            .orElseGet(() -> CompletableFuture.completedFuture(false)),
        session.link().callbacks());
  }

  private void refuse(String verb) {
    reentrancy.refuseListener(verb);
    reentrancy.refuseTools(verb);
  }

  private <T> T await(CompletableFuture<T> answer, String what) {
    return Futures.await(answer, () -> Futures.interrupted(session.runnerId(), what));
  }

  private Deadline deadline() {
    return Deadline.in(client.timer(), client.settings().callTimeout());
  }

  private static ObjectNode params() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static Fields result(String method, @Nullable JsonNode result) {
    return new Fields(RULE, "the result of " + method, result);
  }
}
