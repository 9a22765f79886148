package dev.pyvisor.internal;

import dev.pyvisor.CheckpointReport;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.outcome.StateSource;
import dev.pyvisor.wire.Fields;
import dev.pyvisor.wire.Terminal;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
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
  private final SessionLife session;
  private final Reentrancy reentrancy;

  public StateVerbs(ClientCore client, SessionLife session, Reentrancy reentrancy) {
    this.client = client;
    this.session = session;
    this.reentrancy = reentrancy;
  }

  public void reset() {
    inTurn(
        "reset",
        params(),
        (core, result) -> {
          core.newGeneration(result.small("generation"));
          return true;
        });
  }

  public CheckpointReport checkpoint(String name) {
    return inTurn(
        "checkpoint", params().put("name", name), (core, result) -> checkpointReport(result));
  }

  private static CheckpointReport checkpointReport(Fields made) {
    return new CheckpointReport(
        made.text("name"),
        Terminal.word(made.text("source"), StateSource::valueOf, "source"),
        made.has("reason") ? Optional.of(made.text("reason")) : Optional.empty(),
        made.small("cell"));
  }

  public StateReport rollback(String name) {
    return inTurn(
        "rollback",
        params().put("name", name),
        (core, result) -> {
          core.newGeneration(result.small("generation"));
          return Terminal.state(result.object("state"));
        });
  }

  public void dropCheckpoint(String name) {
    inTurn("checkpoint.drop", params().put("name", name), (core, result) -> true);
  }

  /** A session of its own with this one's state, or that of one of its checkpoints. */
  public SessionLife branch(String newName, Optional<String> checkpoint, SessionFacade facade) {
    ObjectNode params = params().put("name", newName);
    checkpoint.ifPresent(name -> params.put("checkpoint", name));
    return client.openBranch(
        session,
        newName,
        facade,
        branch -> inTurn("branch", params, (core, result) -> core.branched(branch, result)),
        deadline());
  }

  /**
   * Interrupts the cell that has the turn and waits until its turn is over; false: none has it.
   * {@code given}: how long to wait; else longer than it can take.
   */
  public boolean interrupt(Optional<Duration> given) {
    // Not refused to tools: what they wait for ends with the cell, whatever they do.
    reentrancy.refuseListener("interrupt");
    CellOperation cell = session.core().interrupt().orElse(null);
    if (cell == null) {
      return false;
    }
    // Its grace, and a call's time for the kernel that takes over.
    Duration limit =
        given.orElseGet(() -> cell.request().grace().plus(client.settings().callTimeout()));
    CompletableFuture<Boolean> inTime = new CompletableFuture<>();
    Timer.Alarm alarm = client.timer().after(limit, () -> inTime.complete(false));
    cell.through.whenComplete((nothing, failure) -> inTime.complete(true));
    boolean over = await(inTime, "the end of the interrupted cell");
    alarm.cancel();
    if (!over) {
      throw new CallTimedOut(
          client.runnerId(),
          Delivery.UNKNOWN,
          "runner "
              + client.runnerId()
              + ": the interrupted cell of session '"
              + session.name()
              + "' has not ended within "
              + limit
              + "; it is interrupted still, and its outcome will say what became of it");
    }
    return true;
  }

  /** The same without waiting. */
  public CompletableFuture<Boolean> interruptAsync() {
    return client.published(
        session
            .core()
            .interrupt()
            .map(cell -> cell.through.thenApply(nothing -> true))
            .orElseGet(() -> CompletableFuture.completedFuture(false)));
  }

  /** Refused where it would wait for itself; else done in the session's turn, and waited for. */
  private <T> T inTurn(
      String method, ObjectNode params, BiFunction<SessionCore, Fields, T> reading) {
    refuse(method);
    Deadline by = deadline();
    SessionCore core = client.core(session, by);
    return await(
        core.inTurn(method, params, by, result -> reading.apply(core, result(method, result))),
        method);
  }

  private void refuse(String verb) {
    reentrancy.refuseListener(verb);
    reentrancy.refuseTools(verb);
  }

  private <T> T await(CompletableFuture<T> answer, String what) {
    return Futures.await(answer, () -> Futures.interrupted(client.runnerId(), what));
  }

  private Deadline deadline() {
    return client.settings().inCallTime(client.timer());
  }

  private static ObjectNode params() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static Fields result(String method, @Nullable JsonNode result) {
    return new Fields(RULE, "the result of " + method, result);
  }
}
