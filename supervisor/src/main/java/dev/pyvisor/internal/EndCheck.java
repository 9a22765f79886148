package dev.pyvisor.internal;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Asks the runner what it does while cells are open. A status never completes a cell, but one that
 * tells a cell as ended comes behind that cell's reply (LIF-19): where there was none, none will
 * come, and whoever waits for it without a deadline would wait for ever.
 *
 * <p>Thread-safe: one question is open at a time; what its answer comes to is the reader's.
 */
final class EndCheck {
  private final CallTable calls;
  private final Function<Function<JsonNode, Set<CellOperation>>, CompletableFuture<?>> ask;
  private final AtomicBoolean asking = new AtomicBoolean();

  /** {@code ask}: sends the question, and has the answer read on the reader thread. */
  EndCheck(
      CallTable calls, Function<Function<JsonNode, Set<CellOperation>>, CompletableFuture<?>> ask) {
    this.calls = calls;
    this.ask = ask;
  }

  /** Asks, unless nothing is open or an answer is still awaited. */
  void look() {
    boolean open = calls.open().values().stream().anyMatch(CellOperation.class::isInstance);
    // The timer alone comes here; an answer that comes late makes it pass.
    if (open && asking.compareAndSet(false, true)) {
      ask(Set.of());
    }
  }

  /** {@code suspected}: what the last answer told as ended. */
  private void ask(Set<CellOperation> suspected) {
    Set<CellOperation> suspects =
        new HashSet<>(); // the reader's, then whoever completes the future
    ask.apply(
            status -> {
              calls.open().forEach((id, call) -> judge(id, call, status, suspected, suspects));
              return suspects;
            })
        .whenComplete(
            (answered, failure) -> {
              if (failure == null && !suspects.isEmpty()) {
                ask(suspects); // a peer may make its answer before it has written what came first
              } else {
                asking.set(false);
              }
            });
  }

  private void judge(
      String id,
      PendingCall call,
      JsonNode status,
      Set<CellOperation> suspected,
      Set<CellOperation> suspects) {
    if (!(call instanceof CellOperation cell)) {
      return;
    }
    JsonNode told = ended(status, cell);
    if (told == null) {
      return;
    }
    if (!suspected.contains(cell)) {
      suspects.add(cell);
    } else if (calls.take(id) != null) {
      cell.endNeverCame(told.toString());
    }
  }

  /** What is told of its session where that runs it no more. */
  private static @Nullable JsonNode ended(JsonNode status, CellOperation cell) {
    for (JsonNode session : status.path("sessions")) {
      if (session.path("session").asInt(0) == cell.session().number()) {
        String state = session.path("state").asString("");
        boolean ran = cell.cell() != 0 && session.path("cell").asInt(0) == cell.cell();
        return ran && (state.equals("idle") || state.equals("failed")) ? session : null;
      }
    }
    return null;
  }
}
