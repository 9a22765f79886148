package dev.pyvisor.internal;

import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Cause;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.outcome.StreamName;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.StreamTotals;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One cell: from its request over its output to its outcome.
 *
 * <p>Thread-safe: the totals are the reader's; what is held back is the mailbox's; the capture
 * guards itself; its interrupt is guarded by this; the end is settled once, by the future.
 */
final class CellOperation extends Operation {
  final CompletableFuture<CellResult> result = new CompletableFuture<>();
  private final SessionCore session;
  private final CellRequest request;
  private final @Nullable Audience audience;
  private final StreamTotals stdout = new StreamTotals();
  private final StreamTotals stderr = new StreamTotals();
  private final Displays displays = new Displays();
  private final byte[][] held = {new byte[0], new byte[0]};

  /**
   * How it ended, before its output is delivered. The reader, the verdict and a deadline race; the
   * first counts.
   */
  private final AtomicReference<@Nullable CellEnd> known = new AtomicReference<>();

  private final AtomicBoolean settled = new AtomicBoolean();
  private long toolCalls;
  private @Nullable String givenUp;
  private @Nullable Message report;
  private boolean written;
  private boolean interruptWanted;
  private boolean interruptOpen;
  private boolean interrupted;
  private volatile int cell;
  private volatile @Nullable Capture capture;
  private volatile @Nullable Deadline deadline;

  CellOperation(SessionCore session, CellRequest request) {
    this.session = session;
    this.request = request;
    this.audience = request.audience().orElse(null);
  }

  int cell() {
    return cell;
  }

  SessionCore session() {
    return session;
  }

  /** What is left of its time, as far as this side knows: the kernel's clock starts later. */
  Optional<Duration> remaining() {
    return Optional.ofNullable(deadline).map(Deadline::left);
  }

  @Nullable Audience audience() {
    return audience;
  }

  @Override
  long cost() {
    return request.size();
  }

  @Override
  boolean isCell() {
    return true;
  }

  /** Its deadline and its grace begin when its code does; what comes before is short. */
  @Override
  Optional<Duration> limit() {
    return request.limit().duration().map(request.grace()::plus);
  }

  /** Its terminal comes after its output, and that only as fast as it is taken. */
  @Override
  boolean waitsForHost() {
    return session.holdsOutput();
  }

  @Override
  void starts(int number) {
    session.link().trace().cells().start(session, request, number);
  }

  @Override
  Message message(long requestId, int number, int messageNumber) {
    cell = number;
    capture = session.newCapture(number);
    deadline =
        request
            .limit()
            .duration()
            .map(limit -> Deadline.in(session.link().timer(), limit))
            .orElse(null);
    return new Message(
        FrameKind.MESSAGE,
        0,
        session.number(),
        0,
        number,
        messageNumber,
        JsonRpc.request(requestId, request.method(), request.params()),
        request.attachments());
  }

  // ---- on the reader thread ----

  void count(StreamName stream, byte[] bytes) {
    (stream == StreamName.STDOUT ? stdout : stderr).add(bytes);
  }

  /** Some of its output will never arrive. */
  void givenUp(String why) {
    givenUp = why;
  }

  void countToolCall() {
    toolCalls++;
  }

  /** The kernel's own word on the cell; false where it has given one before. */
  boolean report(Message found) {
    if (report != null) {
      return false;
    }
    report = found;
    return true;
  }

  /** Whether what the cell displays there still finds room; on the reader thread. */
  boolean admits(Message display) {
    return displays.admits(display);
  }

  /** Whether output can be taken on the reader thread: nobody listens, and it goes to memory. */
  boolean takesQuietly(int bytes) {
    Capture into = capture;
    return audience == null && into != null && !into.spillsWith(bytes + 2 * Utf8.MAX);
  }

  @Override
  public void answered(Envelope.Reply reply) {
    CellEnd end = CellEnd.of(session.runnerId(), request.method(), reply, report);
    if (reply.error() == null) {
      end = end.checked(stdout, stderr, toolCalls, givenUp);
    }
    CellEnd found = end;
    known.compareAndSet(null, found);
    session.link().requests().answered(this, found.kind());
    session.ended(this);
    Runnable finish = () -> finish(found);
    if (audience == null && end.isSmall()) {
      session.mailbox().postInline(finish);
    } else {
      session.mailbox().post(finish);
    }
  }

  /**
   * The runner tells it as ended, and its terminal did not come: {@code status} is what it said.
   */
  void endNeverCame(String status) {
    CellEnd end =
        CellEnd.neverCame(
            session.runnerId(),
            describe()
                + ", request id "
                + id
                + ", after "
                + stdout.bytes()
                + " bytes of stdout and "
                + stderr.bytes()
                + " of stderr,",
            status,
            report);
    if (known.compareAndSet(null, end)) {
      session.ended(this);
      session.mailbox().post(() -> finish(end));
    }
  }

  // ---- on the session's mailbox ----

  void output(StreamName stream, byte[] bytes, int from, int to) {
    if (result.isDone()) {
      return;
    }
    int which = stream.ordinal();
    byte[] before = held[which];
    if (before.length > 0) {
      byte[] joined = Arrays.copyOf(before, before.length + to - from);
      System.arraycopy(bytes, from, joined, before.length, to - from);
      held[which] = new byte[0];
      output(stream, joined, 0, joined.length);
      return;
    }
    int end = Utf8.wholeEnd(bytes, from, to);
    if (end < to) {
      held[which] = Arrays.copyOfRange(bytes, end, to);
    }
    deliver(stream, bytes, from, end);
  }

  private void deliver(StreamName stream, byte[] bytes, int from, int to) {
    Capture into = capture;
    if (from == to || into == null) {
      return;
    }
    into.add(stream, bytes, from, to);
    if (audience != null) {
      audience.printed(OutputChunk.of(stream, bytes, from, to));
    }
  }

  /** It displayed something that was admitted. */
  void display(Message message) {
    if (result.isDone()) {
      return;
    }
    displays
        .add(message)
        .filter(display -> audience != null)
        .ifPresent(display -> audience.displayed(display));
  }

  private void releaseHeld() {
    for (StreamName stream : StreamName.values()) {
      byte[] rest = held[stream.ordinal()];
      held[stream.ordinal()] = new byte[0];
      deliver(stream, rest, 0, rest.length);
    }
  }

  /** Whether its listener must not be called any more. */
  boolean isOver() {
    return result.isDone();
  }

  private void finish(CellEnd end) {
    if (!result.isDone()) {
      releaseHeld();
      CellResult found = end.result(cell, capture, displays.kept(), request.draft());
      if (audience != null) {
        audience.ended(found.outcome());
      }
      settle(found);
    }
  }

  // ---- its interrupt, any thread ----

  /** Whether its end is known; its output may still be on its way to its listener. */
  boolean hasEnded() {
    return known.get() != null;
  }

  /** From now on it is not to run any longer. */
  synchronized void wantInterrupt() {
    interruptWanted = true;
  }

  @Override
  synchronized void left(boolean onItsWay) {
    written = onItsWay;
  }

  /**
   * Whether the caller is to send the interrupt now: never before the cell itself is written, for
   * then the runner would not know of it, and never while another is unanswered.
   */
  synchronized boolean claimInterrupt() {
    if (!interruptWanted || !written || interruptOpen || hasEnded()) {
      return false;
    }
    interruptOpen = true;
    return true;
  }

  synchronized void interruptAnswered() {
    interruptOpen = false;
    interruptWanted = false;
  }

  /** Whether it is asked for the first time. */
  synchronized boolean firstInterrupt() {
    boolean first = !interrupted;
    interrupted = true;
    return first;
  }

  CellRequest request() {
    return request;
  }

  /** It was taken back before a byte of it was written. */
  void withdrawn() {
    CellEnd end = CellEnd.withdrawn(session.runnerId(), describe());
    if (known.compareAndSet(null, end)) {
      settleElsewhere(end.result(0, null, List.of(), request.draft()));
    }
  }

  // ---- any thread ----

  @Override
  public void failed(RunnerException verdict) {
    // The session's own verdict follows and knows how far this one had come.
  }

  @Override
  void fail(RunnerException verdict, Delivery delivery) {
    CellEnd end = lost(verdict, delivery);
    if (known.compareAndSet(null, end)) {
      session.mailbox().post(() -> finish(end));
    }
  }

  private CellEnd lost(RunnerException verdict, Delivery delivery) {
    String hung = overdue;
    CellEnd end =
        CellEnd.lost(
            verdict,
            delivery,
            session.link().stateAfter(verdict),
            describe() + ", request id " + id);
    return hung == null
        ? end
        : end.because(new Cause("watchdog", hung + "; " + verdict.getMessage()));
  }

  @Override
  void abandon(RunnerException verdict, Delivery delivery) {
    CellEnd end = known.get();
    if (result.isDone()) {
      return;
    }
    settleElsewhere(
        (end == null ? lost(verdict, delivery) : end.cutShort(verdict))
            .result(cell, capture, displays.kept(), request.draft()));
  }

  /** Where nobody may be waited for: who watches hears of it later, or not any more. */
  private void settleElsewhere(CellResult found) {
    if (settle(found) && audience != null) {
      session.mailbox().post(() -> audience.ended(found.outcome()));
    }
  }

  /** A close and the end of the cell race: the first is told, and counts. */
  private boolean settle(CellResult found) {
    if (!settled.compareAndSet(false, true)) {
      return false;
    }
    session.link().trace().cells().end(session, request, found.outcome());
    return result.complete(found);
  }

  @Override
  public String describe() {
    return request.method() + " cell " + cell;
  }
}
