package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.Session;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.outcome.StreamName;
import dev.pyvisor.wire.Flag;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One session as this side sees it: its turn, its output, its tool calls, its generation.
 *
 * <p>Thread-safe: each part guards itself; the generation is written by the reader only.
 */
public final class SessionCore {
  private final Link link;
  private final int number;
  private final String name;
  private final Turn turn = new Turn();
  private final Mailbox mailbox;
  private final OutputFlow output;
  private final ToolDesk tools;
  private final ByteBudget requests;
  private final Set<Operation> unsettled = ConcurrentHashMap.newKeySet();
  private volatile int generation;
  private volatile @Nullable Function<BooleanSupplier, Session> faces;
  private volatile @Nullable Session facade;

  SessionCore(Link link, int number, int generation, String name, ToolDesk.Maker desk) {
    this.link = link;
    this.number = number;
    this.generation = generation;
    this.name = name;
    this.mailbox = link.newMailbox();
    this.output = new OutputFlow(number, mailbox, link.outbox(), link.counters());
    this.requests = new ByteBudget(Defaults.OUTBOUND_BYTES);
    this.tools = desk.make(this);
  }

  public String name() {
    return name;
  }

  public int number() {
    return number;
  }

  public int generation() {
    return generation;
  }

  public String runnerId() {
    return link.runnerId();
  }

  /** Its public face; there before anything can be called on it. */
  public Session facade() {
    Session found = facade;
    if (found == null) {
      throw new IllegalStateException("session " + name + " has no face yet");
    }
    return found;
  }

  /** Its face for a tool that it called; refused while {@code calling} says that it waits. */
  Session facade(BooleanSupplier calling) {
    Function<BooleanSupplier, Session> found = faces;
    return found == null ? facade() : found.apply(calling);
  }

  void face(Function<BooleanSupplier, Session> maker) {
    faces = maker;
    facade = maker.apply(() -> false);
  }

  public void onLateOutput(Consumer<OutputChunk> consumer) {
    output.onLate(consumer);
  }

  // ---- what users start ----

  /** Starts a cell when its turn comes; waits for room to keep it, at most until the deadline. */
  CellOperation start(CellRequest request, Deadline roomBy) {
    CellOperation cell = new CellOperation(this, request);
    unsettled.add(cell);
    cell.result.whenComplete((result, failure) -> unsettled.remove(cell));
    submit(cell, roomBy);
    return cell;
  }

  /** The same for a verb that ends at the deadline, with whatever answer there is by then. */
  CompletableFuture<CellResult> call(CellRequest request, Deadline by) {
    CellOperation cell = start(request, by);
    Timer.Alarm alarm = by.timer().after(by.left(), () -> expire(cell, by));
    cell.result.whenComplete((result, failure) -> alarm.cancel());
    return cell.result;
  }

  CompletableFuture<Integer> reset(Deadline by) {
    ResetOperation reset = new ResetOperation(this);
    submit(reset, by);
    Timer.Alarm alarm = by.timer().after(by.left(), () -> expire(reset, by));
    reset.generation.whenComplete((fresh, failure) -> alarm.cancel());
    return reset.generation;
  }

  private void submit(Operation operation, Deadline roomBy) {
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
      operation.abandon(Futures.interrupted(runnerId(), "room in the queue"), Delivery.NEVER_SENT);
    }
    return false;
  }

  private void refuse(Operation operation, RunnerException verdict) {
    requests.release(operation.cost());
    operation.abandon(verdict, Delivery.NEVER_SENT);
  }

  /** Sends what is next, if nobody has the turn. Any thread, the reader too: nothing here waits. */
  private void pump() {
    Turn.Next next = turn.next();
    if (next == null) {
      return;
    }
    Operation operation = next.operation();
    RunnerException verdict =
        link.requests().send(operation, next.cell(), () -> requests.release(operation.cost()));
    if (verdict != null && turn.end(operation)) {
      operation.abandon(verdict, Delivery.NEVER_SENT);
      pump();
    }
  }

  /** An operation is through; on the reader thread. */
  void ended(Operation operation) {
    if (operation instanceof CellOperation cell) {
      tools.cellEnded(cell.cell());
      output.seal();
    }
    turn.end(operation);
    pump();
  }

  private void expire(Operation operation, Deadline by) {
    if (turn.withdraw(operation)) {
      requests.release(operation.cost());
      operation.abandon(
          timedOut(operation, by.span(), "its turn did not come"), Delivery.NEVER_SENT);
      return;
    }
    if (link.requests().withdraw(operation)) {
      operation.abandon(
          timedOut(operation, by.span(), "the runner takes nothing in"), Delivery.NEVER_SENT);
      turn.end(operation);
      pump();
      return;
    }
    // Its turn goes on: the kernel works at it, and its late reply ends the turn.
    operation.abandon(timedOut(operation, by.span(), "no reply"), Delivery.UNKNOWN);
  }

  private CallTimedOut timedOut(Operation operation, Duration limit, String why) {
    return new CallTimedOut(
        runnerId(),
        Delivery.UNKNOWN,
        "runner "
            + runnerId()
            + ": "
            + operation.describe()
            + " took longer than "
            + limit
            + ": "
            + why
            + " ("
            + turn.evidence()
            + ", "
            + requests.used()
            + " bytes waiting)");
  }

  private CallFailed queueFull() {
    return new CallFailed(
        runnerId(),
        ErrorCode.RESOURCE_EXHAUSTED,
        "runner "
            + runnerId()
            + ": "
            + Defaults.QUEUED_OPERATIONS
            + " operations of session "
            + name
            + " already wait");
  }

  private RunnerException verdict() {
    RunnerException verdict = turn.verdict();
    return verdict == null ? closed() : verdict;
  }

  // ---- what the runner says, on the reader thread ----

  void outputArrived(Frame frame) {
    StreamName stream = frame.kind() == FrameKind.STDOUT ? StreamName.STDOUT : StreamName.STDERR;
    CellOperation cell = frame.has(Flag.LATE) ? null : currentCell(frame.cell());
    if (cell != null && frame.generation() == generation) {
      cell.count(stream, frame.body());
      output.arrived(cell, stream, frame.body());
    } else {
      output.arrived(null, stream, frame.body());
    }
  }

  void relayed(Message message) {
    if (message.generation() != generation) {
      link.counters().staleFrames.increment();
      return;
    }
    tools.relayed(message);
  }

  void newGeneration(int fresh) {
    int old = generation;
    if (fresh == old) {
      // A reset is told by its reply and by a notification.
      return;
    }
    generation = fresh;
    tools.generationEnded(old);
    link.forgetGeneration(number, old);
  }

  /** The cell of that number, if it is the one that runs. */
  @Nullable CellOperation currentCell(int cell) {
    return turn.current() instanceof CellOperation current && current.cell() == cell
        ? current
        : null;
  }

  // ---- its end ----

  /** Everything here ends; what was output before is delivered first. The first verdict counts. */
  void condemn(RunnerException verdict) {
    Turn.Orphans orphans = turn.condemn(verdict);
    output.seal();
    Operation current = orphans.current();
    if (current != null) {
      current.fail(verdict, link.requests().deliveryOf(current));
    }
    orphans.waiting().forEach(operation -> operation.abandon(verdict, Delivery.NEVER_SENT));
    requests.open();
    tools.end();
  }

  /** Everything here ends at once, whatever listeners are doing. */
  void abandon(RunnerException verdict) {
    condemn(verdict);
    unsettled.forEach(
        operation -> operation.abandon(verdict, link.requests().deliveryOf(operation)));
  }

  CallFailed closed() {
    return new CallFailed(
        runnerId(),
        ErrorCode.DRAINING,
        "runner " + runnerId() + ": session " + name + " is closed");
  }

  // ---- for its parts ----

  Link link() {
    return link;
  }

  Mailbox mailbox() {
    return mailbox;
  }

  Capture newCapture(int cell) {
    return new Capture(link.privateDirectory(), "session-" + number + "-cell-" + cell);
  }

  /** Posts an event behind the output that has arrived before it. */
  void postEvent(Runnable event) {
    output.seal();
    mailbox.post(event);
  }

  List<String> evidence() {
    List<String> facts = new ArrayList<>();
    facts.add(
        "session " + number + " '" + name + "' generation " + generation + ": " + turn.evidence());
    facts.addAll(tools.evidence());
    return facts;
  }
}
