package dev.pyvisor.transport.stdio;

import dev.pyvisor.Defaults;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.transport.stdio.HostVerbs.Registration;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.Lane;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.ProtocolError;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A runner towards the host, a host towards a peer that speaks the dialect, and nothing but
 * decisions: frames and lines come in, frames and lines go out, nobody waits.
 *
 * <p>Everything that the host asks of the peer becomes a job and waits for its turn. What does not
 * need the peer is answered at once, also while a cell runs: a ping, an interrupt (which the
 * dialect cannot do), what there is to tell of the session. Tool calls pass while a cell runs.
 *
 * <p>Guarded by this.
 */
final class Translator {
  private final LineQueue lines;
  private final Consumer<Frame> host;
  private final Voice voice = new Voice();
  private final HostVerbs verbs;
  private final Turns turns;
  private final ToolCalls calls = new ToolCalls();
  private int owed;
  private boolean reading;
  private boolean ended;

  /**
   * {@code host}: takes frames in, and hands them over later; {@code workspace}: where the peer was
   * started.
   */
  Translator(
      LineQueue lines,
      Consumer<Frame> host,
      String workspace,
      Registration registration,
      LongSupplier clock) {
    this.lines = lines;
    this.host = host;
    this.verbs = new HostVerbs(voice, workspace, registration, lines::end);
    this.turns = new Turns(lines, host, clock, this::settled, this::notifyAll);
  }

  // ---- what the host says ----

  synchronized void ping(byte[] body) {
    host.accept(Frame.pong(body));
  }

  /** The host takes so much more output. */
  synchronized void credit(int session, Lane lane, int bytes) {
    PeerSession known = verbs.session();
    if (known != null && known.number == session) {
      turns.credit(lane, bytes);
    }
  }

  /** So many bytes of a session's messages have come, for which the host wants credit back. */
  synchronized void came(int bytes) {
    owed += bytes;
    giveCredit();
  }

  /** Something that needs the peer. */
  synchronized void asked(String id, String method, JsonNode params) {
    PeerSession before = verbs.session();
    try {
      Job job = verbs.job(id, method, params);
      if (verbs.session() != before) {
        turns.renew();
        owed = 0;
      }
      enter(job);
    } catch (Unfit unfit) {
      refuse(id, unfit);
    }
  }

  /** A cell, for the session of that number. */
  synchronized void ordered(int session, CellOrder order) {
    try {
      PeerSession known = verbs.session(session);
      if (turns.hasCell()) {
        throw new Unfit(
            ErrorCode.INVALID_STATE,
            order.method() + ": session " + session + " runs a cell; wait for its end");
      }
      enter(new CellJob(voice, known, order));
    } catch (Unfit unfit) {
      refuse(order.id(), unfit);
    }
  }

  private void enter(Job job) {
    if (!ended && turns.waiting() < StdioLimits.WAITING_JOBS) {
      turns.enter(job);
      return;
    }
    Ending refused =
        ended
            ? job.refused(ErrorCode.DRAINING, job.describe() + ": the supervisor is ending")
            : job.refused(
                ErrorCode.RESOURCE_EXHAUSTED,
                job.describe()
                    + ": "
                    + turns.waiting()
                    + " requests already wait for the supervisor");
    refused.messages().forEach(this::say);
  }

  synchronized void refuse(String id, Unfit unfit) {
    say(voice.refusal(id, unfit.code(), unfit.text()));
  }

  /** Something that needs no peer: told at once. */
  synchronized void tell(String id, JsonNode result) {
    say(voice.result(id, result));
  }

  /** {@code line}: the tool's answer; dropped where its cell has ended. */
  synchronized void toolAnswered(int cell, String id, byte[] line) {
    if (calls.close(cell, id)) {
      lines.add(LineQueue.Kind.ANSWER, line);
    }
  }

  /** Nothing more will come of it. A peer that waits for a request is told, too. */
  synchronized void hostEnded() {
    ended = true;
    turns.end(HostVerbs.farewell());
    lines.end();
    notifyAll();
  }

  // ---- what the peer says ----

  /** Bytes have come that are being made something of. */
  synchronized void readingBegins() {
    reading = true;
  }

  /** All of them has been decided on. */
  synchronized void readingEnds() {
    reading = false;
    notifyAll();
  }

  /** {@code id}: the call's, as JSON text; {@code params}: with documents. */
  synchronized void toolCalled(String id, ObjectNode params) {
    PeerSession session = verbs.session();
    CellJob cell = turns.cell();
    if (cell == null || session == null) {
      // A peer between two cells would take the answer for a request.
      return;
    }
    Message call = voice.toolCall(session, id, params);
    if (call.payload() > Limits.MESSAGE) {
      answer(
          Dialect.error(
              id,
              ErrorCode.MESSAGE_TOO_LARGE.wireName(),
              "a call of " + call.payload() + " bytes is larger than " + Limits.MESSAGE));
    } else if (calls.open(cell.cell(), id, call.payload())) {
      cell.countToolCall();
      say(call);
    } else {
      answer(
          Dialect.error(
              id,
              ErrorCode.RESOURCE_EXHAUSTED.wireName(),
              "the id "
                  + id
                  + " is in use, or the open calls have reached "
                  + Limits.TOOL_CALLS
                  + " or "
                  + Defaults.TOOL_CALL_BYTES
                  + " bytes; wait for an answer"));
    }
  }

  /**
   * Answers a call that the host need not see; only while a cell runs there is somebody to.
   *
   * @throws ProtocolError when the peer goes on calling and reads no answer
   */
  synchronized void answer(byte[] line) {
    if (lines.waiting() > StdioLimits.UNREAD) {
      throw new ProtocolError(
          "STDIO-3", lines.waiting() + " bytes wait that the supervisor does not read");
    }
    if (turns.cell() != null) {
      lines.add(LineQueue.Kind.ANSWER, line);
    }
  }

  /** An answer to a request. */
  synchronized void answered(JsonNode reply) {
    turns.answered(reply);
  }

  /** C110: what tools still answer is nobody's any more. */
  private void settled() {
    calls.forget();
    lines.dropAnswers();
  }

  /** The writer has taken lines: there may be room for more. */
  synchronized void drained() {
    giveCredit();
  }

  private void giveCredit() {
    PeerSession session = verbs.session();
    if (session != null
        && owed >= StdioLimits.CREDIT_STEP
        && lines.waiting() <= StdioLimits.BACKLOG) {
      host.accept(Frame.credit(session.number, Lane.KERNEL, owed));
      owed = 0;
    }
  }

  private void say(Message message) {
    Voice.cut(message, host);
  }

  // ---- for its owner ----

  /**
   * Waits until the host has been told all that the peer has said, as far as it wants to hear it;
   * false when the time is over.
   */
  synchronized boolean awaitTold(long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    while ((reading || turns.telling()) && !ended) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    return true;
  }

  /** Bytes that the peer has not taken. */
  long unwritten() {
    return lines.waiting();
  }

  /** What the host may know of the session. */
  synchronized Status status() {
    PeerSession session = verbs.session();
    return new Status(
        session == null ? null : session.number,
        session == null ? "" : session.name,
        session == null ? 0 : session.generation(),
        session == null ? 0 : session.cell(),
        turns.current() != null);
  }

  /**
   * A look at the session.
   *
   * <p>Immutable.
   */
  record Status(@Nullable Integer session, String name, int generation, int cell, boolean busy) {}

  synchronized List<String> evidence() {
    return List.of(
        "stdio: " + turns.evidence(),
        "stdio: " + calls.size() + " tool calls open, " + calls.late() + " late answers of tools");
  }
}
