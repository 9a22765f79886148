package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.tool.ToolEvent;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.EnvelopePeek;
import dev.pyvisor.wire.Fields;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.ProtocolError;
import dev.pyvisor.wire.StandIn;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a session's kernel asks of the host: takes calls in on the reader thread, has them run
 * elsewhere, and sends each answer unless the call is over by then.
 *
 * <p>Guarded by this.
 */
public final class ToolDesk {
  private static final int MILLI_DIGITS = 3;

  private final SessionCore session;
  private final ToolRunner runner;
  private final PythonLog log;
  private final ByteBudget answers = new ByteBudget(Defaults.OUTBOUND_BYTES);
  private final Semaphore events = new Semaphore(Defaults.QUEUED_EVENTS);
  private final Map<Object, OpenCall> open = new HashMap<>();
  private long openBytes;
  private boolean ended;

  /**
   * Makes the desk of a session.
   *
   * <p>Thread-safe: implementations hold no state.
   */
  interface Maker {
    ToolDesk make(SessionCore session);
  }

  /** Ids are chosen by each channel of each kernel for itself. */
  private record CallKey(int generation, int channel, String id) {
    static CallKey of(Message message, String id) {
      return new CallKey(message.generation(), message.channel(), id);
    }
  }

  ToolDesk(SessionCore session, ToolRunner runner) {
    this.session = session;
    this.runner = runner;
    this.log = new PythonLog(session, session.link().counters());
  }

  // ---- on the reader thread ----

  void relayed(Message message) {
    EnvelopePeek peek = EnvelopePeek.of(message.envelope());
    String method = peek.method();
    if (method == null) {
      misfit(message);
      return;
    }
    switch (method) {
      case "tool.call" -> call(message, peek);
      case "tool.cancel" -> cancel(message);
      case "cell.report" -> report(message);
      case "cell.display" -> display(message);
      case "log" -> log.record(message);
      default -> misfit(message);
    }
  }

  private void report(Message message) {
    CellOperation cell = session.currentCell(message.cell());
    if (cell == null || !cell.report(message)) {
      session.link().counters().ignoredNotifications.increment();
    }
  }

  private void display(Message message) {
    CellOperation cell = session.currentCell(message.cell());
    if (cell == null || !cell.admits(message)) {
      session.link().counters().ignoredNotifications.increment();
    } else {
      session.postEvent(() -> cell.display(message));
    }
  }

  private void call(Message message, EnvelopePeek peek) {
    String id = peek.id();
    CellOperation cell = session.currentCell(message.cell());
    if (cell != null) {
      cell.countToolCall();
    }
    if (id == null) {
      misfit(message);
      return;
    }
    Optional<String> lost = peek.name() == null ? givenUp(message) : Optional.empty();
    if (lost.isPresent()) {
      turnAway(message, JsonRpc.error(id, ErrorCode.TRANSPORT_POISON, lost.get()));
      return;
    }
    Deadline deadline =
        runner
            .limit(session, peek.name())
            .duration()
            .map(limit -> Deadline.in(session.link().timer(), limit))
            .orElse(null);
    OpenCall call = new OpenCall(this, CallKey.of(message, id), message, id, cell, deadline);
    byte[] refusal = admit(call);
    if (refusal != null) {
      turnAway(message, refusal);
      return;
    }
    call.start(runner);
  }

  /** REC-19: why the call has lost what it was to call. */
  private static Optional<String> givenUp(Message message) {
    return JsonRpc.parse(message.envelope()) instanceof Envelope.Request request
        ? StandIn.reason(request.params())
        : Optional.empty();
  }

  private synchronized byte @Nullable [] admit(OpenCall call) {
    if (ended) {
      return JsonRpc.error(call.id, ErrorCode.DRAINING, "the session is over");
    }
    if (open.containsKey(call.key)) {
      return JsonRpc.error(
          call.id, ErrorCode.INVALID_REQUEST, "the id " + call.id + " is already in use");
    }
    if (open.size() >= Limits.TOOL_CALLS) {
      return exhausted(call.id, "tool_calls", open.size(), Limits.TOOL_CALLS);
    }
    if (openBytes + call.size() > Defaults.TOOL_CALL_BYTES) {
      return exhausted(call.id, "tool_call_bytes", openBytes, Defaults.TOOL_CALL_BYTES);
    }
    open.put(call.key, call);
    openBytes += call.size();
    return null;
  }

  private static byte[] exhausted(String id, String limit, long current, long max) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("limit", limit).put("current", current).put("max", max);
    return JsonRpc.error(
        id,
        ErrorCode.RESOURCE_EXHAUSTED,
        "the session's open tool calls have reached " + limit + " = " + max,
        data);
  }

  private void cancel(Message message) {
    try {
      if (JsonRpc.parse(message.envelope()) instanceof Envelope.Notification said) {
        Fields params = new Fields("LIF-12", "tool.cancel", said.params());
        String id = String.valueOf(params.raw("id"));
        CallKey key = CallKey.of(message, id);
        cancelAll(call -> call.key.equals(key));
      }
    } catch (ProtocolError malformed) {
      session.link().counters().ignoredNotifications.increment();
    }
  }

  /** What is none of the methods: answered as JSON-RPC says (SES-1 to SES-7). */
  private void misfit(Message message) {
    Envelope envelope = JsonRpc.parse(message.envelope());
    if (envelope instanceof Envelope.Request request) {
      turnAway(
          message,
          JsonRpc.error(
              request.id(),
              ErrorCode.METHOD_NOT_FOUND,
              "a host has no method '" + request.method() + "'"));
    } else if (envelope instanceof Envelope.Refused refused) {
      turnAway(message, JsonRpc.error(refused.id(), refused.code(), refused.message()));
    } else if (envelope instanceof Envelope.Reply) {
      session.link().counters().lateReplies.increment();
    } else {
      session.link().counters().ignoredNotifications.increment();
    }
  }

  /** Answers what no tool is run for. */
  private void turnAway(Message message, byte[] envelope) {
    session.link().trace().cells().toolRefused(session, message, envelope);
    refuse(message, envelope);
  }

  private void refuse(Message message, byte[] envelope) {
    session.link().send(answer(message, envelope, List.of()));
  }

  /**
   * LIF-12: what the cell had open is over, and its answers are late. A thread may have called
   * after the kernel had cancelled what was open, and before it heard of its cell's end here: it
   * must not wait for an answer that never comes.
   */
  void cellEnded(int cell) {
    cancelAll(call -> call.cell() == cell)
        .forEach(
            call ->
                answerNow(
                    call,
                    JsonRpc.error(
                        call.id, ErrorCode.CANCELLED, "the cell of this call has ended")));
  }

  void generationEnded(int generation) {
    cancelAll(call -> call.message().generation() == generation);
  }

  /** The session is over. Any thread. */
  void end() {
    synchronized (this) {
      ended = true;
    }
    cancelAll(call -> true);
    answers.open();
  }

  private List<OpenCall> cancelAll(Predicate<OpenCall> which) {
    List<OpenCall> over = new ArrayList<>();
    synchronized (this) {
      if (open.isEmpty()) {
        return over;
      }
      open.values().removeIf(call -> which.test(call) && over.add(call));
      over.forEach(call -> openBytes -= call.size());
    }
    over.forEach(call -> call.cancel("cancelled"));
    return over;
  }

  // ---- on any thread ----

  /** No thread can run the call. */
  void refused(OpenCall call, byte[] envelope) {
    if (close(call)) {
      session.link().trace().cells().toolRefused(session, call.message(), envelope);
      answerNow(call, envelope);
    }
  }

  /** The call's deadline has passed: Python hears of it now, the tool's answer will be late. */
  void expire(OpenCall call, Duration limit) {
    if (!close(call)) {
      return;
    }
    session.link().counters().expiredToolCalls.increment();
    String text = "the tool has not answered within " + seconds(limit) + " s";
    ObjectNode data = JsonNodeFactory.instance.objectNode().put("limitMs", limit.toMillis());
    answerNow(call, JsonRpc.error(call.id, ErrorCode.DEADLINE_EXCEEDED, text, data));
    call.cancel(text);
  }

  /** Sends a small answer without waiting for room. */
  private void answerNow(OpenCall call, byte[] envelope) {
    try {
      refuse(call.message(), envelope);
    } catch (ProtocolError unread) {
      // Here no reader stands behind this to end the connection.
      session.link().onViolation(unread);
    }
  }

  private static String seconds(Duration limit) {
    return BigDecimal.valueOf(limit.toMillis(), MILLI_DIGITS).stripTrailingZeros().toPlainString();
  }

  // ---- on a tool thread ----

  /** Sends an answer, waiting for room; dropped and counted where the call is over. */
  void answer(OpenCall call, byte[] envelope, List<byte[]> attachments) {
    Message message = answer(call.message(), envelope, attachments);
    if (message.payload() > Limits.MESSAGE || attachments.size() > Limits.ATTACHMENTS) {
      message =
          answer(
              call.message(),
              JsonRpc.error(
                  call.id,
                  ErrorCode.MESSAGE_TOO_LARGE,
                  "an answer of "
                      + message.payload()
                      + " bytes with "
                      + attachments.size()
                      + " attachments is larger than "
                      + Limits.MESSAGE
                      + " bytes with "
                      + Limits.ATTACHMENTS),
              List.of());
    }
    long cost = message.payload();
    if (!call.waitForRoom(answers, cost)) {
      session.link().counters().lateReplies.increment();
      return;
    }
    if (!close(call)) {
      answers.release(cost);
      session.link().counters().lateReplies.increment();
      return;
    }
    session.link().outbox().send(new Outgoing(message, () -> answers.release(cost)));
  }

  private synchronized boolean close(OpenCall call) {
    if (!open.remove(call.key, call)) {
      return false;
    }
    openBytes -= call.size();
    call.answered();
    return true;
  }

  private Message answer(Message call, byte[] envelope, List<byte[]> attachments) {
    return new Message(
        FrameKind.RELAY,
        call.channel(),
        call.session(),
        call.generation(),
        call.cell(),
        session.link().requests().nextMessage(),
        envelope,
        attachments);
  }

  /**
   * Tells the cell's audience, behind the output that came before; the tool waits where the
   * listener is far behind.
   */
  void tell(@Nullable CellOperation cell, Consumer<Audience> event) throws InterruptedException {
    Audience audience = cell == null ? null : cell.audience();
    if (cell == null || audience == null) {
      return;
    }
    events.acquire();
    session.postEvent(
        () -> {
          try {
            if (!cell.isOver()) {
              event.accept(audience);
            }
          } finally {
            events.release();
          }
        });
  }

  /** The same from a thread that must not wait; for the few events of calls that are cancelled. */
  void tellNow(@Nullable CellOperation cell, ToolEvent finished) {
    Audience audience = cell == null ? null : cell.audience();
    if (cell != null && audience != null) {
      session.postEvent(
          () -> {
            if (!cell.isOver()) {
              audience.toolFinished(finished);
            }
          });
    }
  }

  /** The names of a tool's parameters, in their order. */
  List<String> parameters(String tool) {
    return runner.parameters(session, tool);
  }

  SessionCore session() {
    return session;
  }

  synchronized List<String> evidence() {
    List<String> facts = new ArrayList<>();
    facts.add(
        "tools: "
            + open.size()
            + " calls keep "
            + openBytes
            + " bytes, their answers "
            + answers.used()
            + " bytes");
    open.values().forEach(call -> facts.add(call.describe()));
    return facts;
  }
}
