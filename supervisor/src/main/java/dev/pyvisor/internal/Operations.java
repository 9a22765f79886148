package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.RunnerException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a session is asked to do, on its way to the runner: room to wait, the turn, the outbox, and
 * the ways to end before a reply.
 *
 * <p>Thread-safe: each part guards itself; who takes an operation out of where it waits ends it.
 */
final class Operations {
  private static final int WAITING_SHOWN = 64;

  private final SessionCore session;
  private final Link link;
  private final Turn turn;
  private final ByteBudget requests = new ByteBudget(Defaults.OUTBOUND_BYTES);

  Operations(SessionCore session, Link link) {
    this.session = session;
    this.link = link;
    this.turn = new Turn(session.life()::nextCell);
  }

  /** Has it done when its turn comes; waits for room to keep it, at most until the deadline. */
  void submit(Operation operation, Deadline roomBy) {
    if (!reserve(operation, roomBy)) {
      return;
    }
    switch (turn.enter(operation)) {
      case TAKEN -> pump();
      case FULL -> refuse(operation, queueFull());
      case CLOSED -> refuse(operation, verdict());
    }
  }

  private boolean reserve(Operation operation, Deadline roomBy) {
    try {
      if (requests.reserve(operation.cost(), roomBy.left())) {
        return true;
      }
      operation.abandon(
          timedOut(operation, roomBy.span(), "the outbound queue is full"), Delivery.NEVER_SENT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      operation.abandon(
          Futures.interrupted(link.runnerId(), "room in the queue"), Delivery.NEVER_SENT);
    }
    operation.through.complete(null);
    return false;
  }

  private void refuse(Operation operation, RunnerException verdict) {
    requests.release(operation.cost());
    operation.abandon(verdict, Delivery.NEVER_SENT);
    operation.through.complete(null);
  }

  /** Sends what is next, if nobody has the turn. Any thread, the reader too: nothing here waits. */
  private void pump() {
    Turn.Next next = turn.next();
    if (next == null) {
      return;
    }
    Operation operation = next.operation();
    operation.starts(next.cell());
    RunnerException verdict = link.requests().send(operation, next.cell(), () -> left(operation));
    if (verdict != null) {
      operation.abandon(verdict, Delivery.NEVER_SENT);
      release(operation);
      return;
    }
    operation.limit().ifPresent(limit -> link.watchdog().watch(operation, limit));
  }

  /** No byte of its request is kept any more; on the writer's thread, or on whose takes it back. */
  private void left(Operation operation) {
    requests.release(operation.cost());
    Outgoing outgoing = operation.outgoing;
    operation.left(outgoing != null && outgoing.writer.finished());
    if (operation instanceof CellOperation cell) {
      sendInterrupt(cell);
    }
  }

  /** It is through: the next one has its turn. */
  void release(Operation operation) {
    boolean had = turn.end(operation);
    operation.through.complete(null);
    if (had) {
      pump();
    }
  }

  // ---- ends before a reply ----

  /** Ends it at its deadline, with whatever answer there is by then. */
  void expire(Operation operation, Deadline by) {
    if (turn.withdraw(operation)) {
      requests.release(operation.cost());
      operation.abandon(
          timedOut(operation, by.span(), "its turn did not come"), Delivery.NEVER_SENT);
      operation.through.complete(null);
      return;
    }
    if (link.requests().withdraw(operation)) {
      operation.abandon(
          timedOut(operation, by.span(), "the runner takes nothing in"), Delivery.NEVER_SENT);
      release(operation);
      return;
    }
    // Its turn goes on: the kernel works at it, and its late reply ends the turn.
    operation.abandon(timedOut(operation, by.span(), "no reply"), Delivery.UNKNOWN);
  }

  /**
   * Withdraws a cell, or has it interrupted; false when it has ended. Right at every moment: a cell
   * that waits is taken out of the queue or the outbox; one that is between the two, or is being
   * written, is interrupted when the last of it is written.
   */
  boolean interrupt(CellOperation cell) {
    if (cell.hasEnded() || cell.through.isDone()) {
      return false;
    }
    if (turn.withdraw(cell)) {
      requests.release(cell.cost());
      cell.withdrawn();
      cell.through.complete(null);
      return true;
    }
    cell.wantInterrupt();
    if (!takeBack(cell)) {
      sendInterrupt(cell);
    }
    return true;
  }

  private boolean takeBack(CellOperation cell) {
    if (!link.requests().withdraw(cell)) {
      return false;
    }
    cell.withdrawn();
    release(cell);
    return true;
  }

  private void sendInterrupt(CellOperation cell) {
    if (!cell.claimInterrupt()) {
      return;
    }
    String params =
        "{\"session\":"
            + session.number()
            + ",\"cell\":"
            + cell.cell()
            + ",\"graceMs\":"
            + CellRequest.millis(cell.request().grace())
            + "}";
    link.trace().cells().interrupt(session, cell.cell());
    // The cell's terminal says what came of it; the answer only makes room for another interrupt.
    link.requests()
        .requestNow("interrupt", params, Deadline.in(link.timer(), Defaults.CALL_TIMEOUT))
        .whenComplete(
            (answer, failure) -> {
              cell.interruptAnswered();
              if (answer != null && answer.path("running").asBoolean(false)) {
                watchInterrupted(cell);
              }
            });
  }

  /** A cell without a limit has one from its first interrupt on. */
  private void watchInterrupted(CellOperation cell) {
    if (cell.limit().isEmpty() && cell.firstInterrupt()) {
      link.watchdog().watch(cell, cell.request().grace());
    }
  }

  // ---- the end ----

  /** Everything here ends; the first verdict counts. */
  void condemn(RunnerException verdict) {
    Turn.Orphans orphans = turn.condemn(verdict);
    Operation current = orphans.current();
    if (current != null) {
      current.fail(verdict, link.requests().deliveryOf(current));
      current.through.complete(null);
    }
    orphans
        .waiting()
        .forEach(
            operation -> {
              operation.abandon(verdict, Delivery.NEVER_SENT);
              operation.through.complete(null);
            });
    requests.open();
  }

  @Nullable Operation current() {
    return turn.current();
  }

  /** Facts for a report of what hangs, one a line: what waits for its turn. */
  List<String> waiting() {
    return turn.waiting().stream()
        .limit(WAITING_SHOWN)
        .map(
            operation ->
                "waiting: session "
                    + session.number()
                    + " "
                    + operation.describe()
                    + ", for "
                    + Requests.age(operation)
                    + " ms, its turn has not come")
        .toList();
  }

  String evidence() {
    return turn.evidence() + ", requests keep " + requests.used() + " bytes";
  }

  private CallTimedOut timedOut(Operation operation, Duration limit, String why) {
    return new CallTimedOut(
        link.runnerId(),
        Delivery.UNKNOWN,
        "runner "
            + link.runnerId()
            + ": "
            + operation.describe()
            + " took longer than "
            + limit
            + ": "
            + why
            + " ("
            + evidence()
            + ")");
  }

  private CallFailed queueFull() {
    return new CallFailed(
        link.runnerId(),
        ErrorCode.RESOURCE_EXHAUSTED,
        "runner "
            + link.runnerId()
            + ": "
            + Defaults.QUEUED_OPERATIONS
            + " operations of session "
            + session.name()
            + " already wait");
  }

  private RunnerException verdict() {
    RunnerException verdict = turn.verdict();
    return verdict == null ? session.closed() : verdict;
  }
}
