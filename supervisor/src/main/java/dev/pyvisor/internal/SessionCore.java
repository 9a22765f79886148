package dev.pyvisor.internal;

import dev.pyvisor.GenerationChange;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.StreamName;
import dev.pyvisor.wire.Fields;
import dev.pyvisor.wire.Flag;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.StandIn;
import dev.pyvisor.wire.Terminal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One session on one runner as this side sees it: its turn, its output, its tool calls, its
 * generation.
 *
 * <p>Thread-safe: each part guards itself; the generation is written by the reader only.
 */
public final class SessionCore {
  private final Link link;
  private final int number;
  private final SessionLife life;
  private final OutputFlow output;
  private final ToolDesk.Maker desk;
  private final ToolDesk tools;
  private final Operations operations;
  private volatile int generation;

  SessionCore(Link link, int number, int generation, SessionLife life, ToolDesk.Maker desk) {
    this.link = link;
    this.number = number;
    this.generation = generation;
    this.life = life;
    this.output = new OutputFlow(number, life, link.outbox(), link.counters());
    this.operations = new Operations(this, link);
    this.desk = desk;
    this.tools = desk.make(this);
  }

  /** On the reader thread: what the new kernel says next already finds its session. */
  static SessionCore opened(Link link, SessionLife life, Fields opened, ToolDesk.Maker desk) {
    SessionCore session =
        new SessionCore(link, opened.small("session"), opened.small("generation"), life, desk);
    if (opened.has("workspace")) {
      life.workspace(workspace(opened));
    }
    if (opened.has("cell")) {
      life.countFrom(opened.small("cell"));
    }
    if (opened.has("state")) {
      life.origin(Terminal.state(opened.object("state")));
    }
    link.trace().sessionOpened(session);
    link.enter(session);
    return session;
  }

  private static Path workspace(Fields opened) {
    String told = opened.text("workspace");
    try {
      return Path.of(told);
    } catch (InvalidPathException odd) {
      throw opened.unfit(
          "workspace",
          "a path on this machine (" + odd.getReason() + "; is the JVM's locale a UTF-8 one?)");
    }
  }

  /** Another session that began with a copy of this one; on the reader thread. */
  SessionCore branched(SessionLife branch, Fields opened) {
    return opened(link, branch, opened, desk);
  }

  public String name() {
    return life.name();
  }

  SessionLife life() {
    return life;
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

  // ---- what users start ----

  /** Starts a cell when its turn comes; waits for room to keep it, at most until the deadline. */
  CellOperation start(CellRequest request, Deadline roomBy) {
    CellOperation cell = new CellOperation(this, request);
    life.unsettled().add(cell);
    cell.result.whenComplete((result, failure) -> life.unsettled().remove(cell));
    operations.submit(cell, roomBy);
    return cell;
  }

  /** The same for a verb that ends at the deadline, with whatever answer there is by then. */
  CompletableFuture<CellResult> call(CellRequest request, Deadline by) {
    CellOperation cell = start(request, by);
    Timer.Alarm alarm = by.timer().after(by.left(), () -> operations.expire(cell, by));
    cell.result.whenComplete((result, failure) -> alarm.cancel());
    return cell.result;
  }

  /** {@code all}: the whole list of its tools, as JSON. Waits for the answer. */
  void registerTools(String all, Deadline by) {
    Futures.await(
        link.requests()
            .request("tools.register", "{\"session\":" + number + ",\"tools\":" + all + "}", by),
        () -> Futures.interrupted(runnerId(), "tools.register"));
  }

  /** Something that touches the state, in its turn; ends at the deadline like {@link #call}. */
  <T> CompletableFuture<T> inTurn(
      String method, ObjectNode params, Deadline by, Function<@Nullable JsonNode, T> reading) {
    TurnCall<T> call = new TurnCall<>(this, method, params, by.span(), reading);
    operations.submit(call, by);
    Timer.Alarm alarm = by.timer().after(by.left(), () -> operations.expire(call, by));
    call.result.whenComplete((result, failure) -> alarm.cancel());
    return call.result;
  }

  /** Withdraws or interrupts a cell; false when it has ended. Waits for nothing. */
  boolean interrupt(CellOperation cell) {
    return operations.interrupt(cell);
  }

  /**
   * Interrupts the cell that has the turn, and returns it; empty: none has it. Waits for nothing.
   */
  Optional<CellOperation> interrupt() {
    return operations.current() instanceof CellOperation cell && operations.interrupt(cell)
        ? Optional.of(cell)
        : Optional.empty();
  }

  /** An operation is through; on the reader thread. */
  void ended(Operation operation) {
    if (operation instanceof CellOperation cell) {
      tools.cellEnded(cell.cell());
      output.seal();
    }
    operations.release(operation);
  }

  // ---- what the runner says, on the reader thread ----

  void outputArrived(Frame frame) {
    StreamName stream = frame.kind() == FrameKind.STDOUT ? StreamName.STDOUT : StreamName.STDERR;
    CellOperation cell = frame.has(Flag.LATE) ? null : currentCell(frame.cell());
    if (frame.has(Flag.GIVEN_UP)) {
      StandIn.LostOutput lost = StandIn.LostOutput.of(frame);
      output.givenUp(stream, lost.bytes());
      if (cell != null && frame.generation() == generation) {
        cell.givenUp(lost.why());
      }
    } else if (cell != null && frame.generation() == generation) {
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

  /** The notification of a new generation: the one that users hear of. */
  void generationChanged(GenerationChange change) {
    link.trace().generation(this, change);
    newGeneration(change.generation());
    tell(change);
  }

  /** Tells whoever wants to hear of new generations, behind the output that came before. */
  void tell(GenerationChange change) {
    Consumer<GenerationChange> consumer = life.generationListener();
    if (consumer != null) {
      postEvent(() -> UserCode.run("a new generation", () -> consumer.accept(change)));
    }
  }

  void newGeneration(int fresh) {
    int old = generation;
    if (fresh == old) {
      // A reset and a rollback are told by their reply and by a notification.
      return;
    }
    generation = fresh;
    tools.generationEnded(old);
    link.forgetGeneration(number, old);
  }

  /** Whether the runner cannot end a cell because its output is not taken here. */
  boolean holdsOutput() {
    return output.waits();
  }

  /** The cell of that number, if it is the one that runs. */
  @Nullable CellOperation currentCell(int cell) {
    return operations.current() instanceof CellOperation current && current.cell() == cell
        ? current
        : null;
  }

  // ---- its end ----

  /** Everything here ends; what was output before is delivered first. The first verdict counts. */
  void condemn(RunnerException verdict) {
    output.seal();
    operations.condemn(verdict);
    tools.end();
  }

  /** Everything here ends at once, whatever listeners are doing. */
  void abandon(RunnerException verdict) {
    condemn(verdict);
    life.unsettled()
        .forEach(operation -> operation.abandon(verdict, link.requests().deliveryOf(operation)));
  }

  /** In its place where no runner could be started: refuses everything with this verdict. */
  SessionCore refusing(RunnerException verdict) {
    SessionCore refusing = new SessionCore(link, number, generation, life, desk);
    refusing.condemn(verdict);
    return refusing;
  }

  /** The user's end of it; the future completes when nothing of it is left in the runner. */
  CompletableFuture<JsonNode> close(Deadline by) {
    link.leave(this);
    // Once a session, and also from a thread that is interrupted, as that of a tool of its own now
    // is.
    return close(link, number, by);
  }

  /** The same for one that the runner has and nobody here. */
  static CompletableFuture<JsonNode> close(Link link, int number, Deadline by) {
    return link.requests()
        .requestNow(
            "session.close",
            "{\"session\":" + number + "}",
            by,
            result -> link.forgetSession(number));
  }

  CallFailed closed() {
    return new CallFailed(
        runnerId(),
        ErrorCode.SESSION_NOT_FOUND,
        "runner " + runnerId() + ": session " + name() + " is closed");
  }

  // ---- for its parts ----

  Link link() {
    return link;
  }

  Mailbox mailbox() {
    return life.mailbox();
  }

  Capture newCapture(int cell) {
    return new Capture(
        link.privateDirectory(), runnerId() + "-session-" + number + "-cell-" + cell);
  }

  /** Posts an event behind the output that has arrived before it. */
  void postEvent(Runnable event) {
    output.seal();
    life.mailbox().post(event);
  }

  List<String> evidence() {
    List<String> facts = new ArrayList<>();
    facts.add(
        "session "
            + number
            + " '"
            + name()
            + "' generation "
            + generation
            + ": "
            + operations.evidence());
    facts.addAll(operations.waiting());
    facts.addAll(tools.evidence());
    return facts;
  }
}
