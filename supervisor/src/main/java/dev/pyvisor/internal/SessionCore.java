package dev.pyvisor.internal;

import dev.pyvisor.GenerationChange;
import dev.pyvisor.Session;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.outcome.StreamName;
import dev.pyvisor.wire.Flag;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One session as this side sees it: its turn, its output, its tool calls, its generation.
 *
 * <p>Thread-safe: each part guards itself; the generation is written by the reader only.
 */
public final class SessionCore {
  private final Link link;
  private final int number;
  private final String name;
  private final Mailbox mailbox;
  private final OutputFlow output;
  private final ToolDesk tools;
  private final Operations operations;
  private final Set<Operation> unsettled = ConcurrentHashMap.newKeySet();
  private volatile int generation;
  private volatile @Nullable Consumer<GenerationChange> onGeneration;
  private volatile @Nullable Function<BooleanSupplier, Session> faces;
  private volatile @Nullable Session facade;

  SessionCore(Link link, int number, int generation, String name, ToolDesk.Maker desk) {
    this.link = link;
    this.number = number;
    this.generation = generation;
    this.name = name;
    this.mailbox = link.newMailbox();
    this.output = new OutputFlow(number, mailbox, link.outbox(), link.counters());
    this.operations = new Operations(this, link);
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

  /** The number of the last cell whose work is in its state; before its first cell. */
  void countFrom(int cell) {
    operations.countFrom(cell);
  }

  public void onGeneration(Consumer<GenerationChange> consumer) {
    onGeneration = consumer;
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

  /** Something that touches the state, in its turn; ends at the deadline like {@link #call}. */
  <T> CompletableFuture<T> inTurn(
      String method, ObjectNode params, Deadline by, Function<@Nullable JsonNode, T> reading) {
    TurnCall<T> call = new TurnCall<>(this, method, params, reading);
    operations.submit(call, by);
    Timer.Alarm alarm = by.timer().after(by.left(), () -> operations.expire(call, by));
    call.result.whenComplete((result, failure) -> alarm.cancel());
    return call.result;
  }

  /** Withdraws or interrupts a cell; false when it has ended. Waits for nothing. */
  boolean interrupt(CellOperation cell) {
    return operations.interrupt(cell);
  }

  /** Interrupts the cell that has the turn; completes when the turn is over, empty: none has it. */
  Optional<CompletableFuture<Void>> interrupt() {
    return operations.current() instanceof CellOperation cell && operations.interrupt(cell)
        ? Optional.of(cell.through)
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

  /** The notification of a new generation: the one that users hear of. */
  void generationChanged(GenerationChange change) {
    newGeneration(change.generation());
    tell(change);
  }

  /** Tells whoever wants to hear of new generations, behind the output that came before. */
  void tell(GenerationChange change) {
    Consumer<GenerationChange> consumer = onGeneration;
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
        "session "
            + number
            + " '"
            + name
            + "' generation "
            + generation
            + ": "
            + operations.evidence());
    facts.addAll(operations.waiting());
    facts.addAll(tools.evidence());
    return facts;
  }
}
