package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.ProtocolError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What this side asks of the runner: gives each request its id, keeps it until its one answer, and
 * ends it where none comes.
 *
 * <p>Thread-safe: its tables guard themselves.
 */
final class Requests {
  /**
   * Ids are never used again in this JVM, so that a late reply cannot meet a newer call (SES-4,
   * SES-8).
   */
  private static final AtomicLong IDS = new AtomicLong();

  private final String runnerId;
  private final Timer timer;
  private final Outbox outbox;
  private final Counters counters;
  private final Trace trace;
  private final CallTable calls = new CallTable();
  private final AtomicInteger messages = new AtomicInteger();
  private final ByteBudget controlBytes = new ByteBudget(Defaults.OUTBOUND_BYTES);
  private final Liveness liveness;
  private volatile @Nullable Answer lastAnswer;

  /**
   * {@code reaches}: whether it could answer; {@code silent}: told once when the runner does not
   * answer pings any more.
   */
  Requests(
      String runnerId,
      Timer timer,
      Outbox outbox,
      Counters counters,
      Trace trace,
      BooleanSupplier reaches,
      Consumer<String> silent) {
    this.runnerId = runnerId;
    this.timer = timer;
    this.outbox = outbox;
    this.counters = counters;
    this.trace = trace;
    EndCheck ends = new EndCheck(calls, this::askStatus);
    this.liveness = new Liveness(timer, outbox, calls, reaches, ends::look, silent);
  }

  int nextMessage() {
    return messages.incrementAndGet();
  }

  @Nullable RunnerException verdict() {
    return calls.verdict();
  }

  /** A request to the supervisor; waits for room to keep it, then returns. */
  CompletableFuture<JsonNode> request(String method, String params, Deadline by) {
    return request(method, params, by, result -> result);
  }

  /** The same; {@code reading} makes something of the result before anything else is heard. */
  <T> CompletableFuture<T> request(
      String method, String params, Deadline by, Function<JsonNode, T> reading) {
    return request(method, params, List.of(), by, (result, attached) -> reading.apply(result));
  }

  /**
   * The same for what makes something: {@code unwanted} takes the result where it comes after the
   * deadline, on the reader thread.
   */
  <T> CompletableFuture<T> request(
      String method,
      String params,
      Deadline by,
      Function<JsonNode, T> reading,
      Consumer<JsonNode> unwanted) {
    ControlCall<T> call = newCall(method, (result, attached) -> reading.apply(result), unwanted);
    return request(call, params, List.of(), by);
  }

  /** The same with attachments, in both directions. */
  <T> CompletableFuture<T> request(
      String method,
      String params,
      List<byte[]> attachments,
      Deadline by,
      BiFunction<JsonNode, List<byte[]>, T> reading) {
    return request(newCall(method, reading, null), params, attachments, by);
  }

  private <T> CompletableFuture<T> request(
      ControlCall<T> call, String params, List<byte[]> attachments, Deadline by) {
    String method = call.method();
    byte[] envelope = JsonRpc.request(Long.parseLong(call.id), method, params);
    int size = envelope.length + attachments.stream().mapToInt(each -> each.length).sum();
    RunnerException refusal = refusal(method, size, by);
    if (refusal != null) {
      call.failed(refusal);
      return call.result;
    }
    return send(call, envelope, attachments, by, () -> controlBytes.release(size));
  }

  /**
   * A small request that waits for no room, for callers that bound themselves how many are open.
   */
  CompletableFuture<JsonNode> requestNow(String method, String params, Deadline by) {
    return requestNow(newCall(method, (result, attached) -> result, null), params, by);
  }

  /** The same; {@code heard} is told of the result, however late, on the reader thread. */
  CompletableFuture<JsonNode> requestNow(
      String method, String params, Deadline by, Consumer<JsonNode> heard) {
    ControlCall<JsonNode> call =
        newCall(
            method,
            (result, attached) -> {
              heard.accept(result);
              return result;
            },
            heard);
    return requestNow(call, params, by);
  }

  private CompletableFuture<JsonNode> requestNow(
      ControlCall<JsonNode> call, String params, Deadline by) {
    String method = call.method();
    return send(
        call, JsonRpc.request(Long.parseLong(call.id), method, params), List.of(), by, () -> {});
  }

  private CompletableFuture<?> askStatus(Function<JsonNode, Set<CellOperation>> reading) {
    ControlCall<Set<CellOperation>> call =
        newCall("status", (result, attached) -> reading.apply(result), null);
    return send(
        call,
        JsonRpc.request(Long.parseLong(call.id), "status", "{}"),
        List.of(),
        Deadline.in(timer, Defaults.PING_LIMIT),
        () -> {});
  }

  private <T> ControlCall<T> newCall(
      String method,
      BiFunction<JsonNode, List<byte[]>, T> reading,
      @Nullable Consumer<JsonNode> unwanted) {
    return new ControlCall<>(runnerId, IDS.incrementAndGet(), method, reading, unwanted, trace);
  }

  private <T> CompletableFuture<T> send(
      ControlCall<T> call, byte[] envelope, List<byte[]> attachments, Deadline by, Runnable left) {
    Message message =
        new Message(FrameKind.MESSAGE, 0, 0, 0, 0, nextMessage(), envelope, attachments);
    Outgoing outgoing = new Outgoing(message, left);
    call.outgoing = outgoing;
    RunnerException verdict = calls.admit(call.id, call);
    if (verdict != null) {
      outgoing.left();
      call.failed(verdict.as(Delivery.NEVER_SENT));
      return call.result;
    }
    trace.requestSent(runnerId, call.method());
    outbox.send(outgoing);
    liveness.callOpened();
    Timer.Alarm alarm = timer.after(by.left(), () -> expire(call, outgoing, by));
    call.result.whenComplete((result, failure) -> alarm.cancel());
    return call.result;
  }

  private @Nullable RunnerException refusal(String method, int size, Deadline by) {
    if (size > Limits.CONTROL_MESSAGE) {
      return new CallFailed(
          runnerId,
          ErrorCode.MESSAGE_TOO_LARGE,
          method + ": a request of " + size + " bytes is larger than " + Limits.CONTROL_MESSAGE);
    }
    if (calls.size() >= Defaults.OPEN_REQUESTS) {
      return new CallFailed(
          runnerId,
          ErrorCode.RESOURCE_EXHAUSTED,
          method + ": " + Defaults.OPEN_REQUESTS + " requests are already open");
    }
    try {
      return controlBytes.reserve(size, by.left())
          ? null
          : new CallTimedOut(
              runnerId,
              Delivery.NEVER_SENT,
              method + ": the outbound queue was full for " + by.span());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Futures.interrupted(runnerId, "room in the queue").as(Delivery.NEVER_SENT);
    }
  }

  private void expire(ControlCall<?> call, Outgoing outgoing, Deadline by) {
    if (!calls.expire(call)) {
      return;
    }
    boolean neverSent = outbox.withdraw(outgoing);
    if (neverSent) {
      calls.takeExpired(call.id);
    }
    call.failed(
        new CallTimedOut(
            runnerId,
            neverSent ? Delivery.NEVER_SENT : Delivery.UNKNOWN,
            "runner "
                + runnerId
                + ": no reply to "
                + call.describe()
                + " within "
                + by.span()
                + " ("
                + calls.size()
                + " other calls open)"));
  }

  /**
   * Sends an operation whose turn has come; returns the verdict instead where the connection has
   * ended.
   */
  @Nullable RunnerException send(Operation operation, int cell, Runnable left) {
    long id = IDS.incrementAndGet();
    Message message = operation.message(id, cell, nextMessage());
    Outgoing outgoing = new Outgoing(message, left);
    operation.outgoing = outgoing;
    operation.id = Long.toString(id);
    RunnerException refusal = tooLarge(message);
    RunnerException verdict = refusal != null ? refusal : calls.admit(operation.id, operation);
    if (verdict != null) {
      outgoing.left();
      return verdict;
    }
    outbox.send(outgoing);
    liveness.callOpened();
    return null;
  }

  private @Nullable RunnerException tooLarge(Message message) {
    if (message.payload() > Limits.MESSAGE || message.attachments().size() > Limits.ATTACHMENTS) {
      return new CallFailed(
          runnerId,
          ErrorCode.MESSAGE_TOO_LARGE,
          "a message of "
              + message.payload()
              + " bytes with "
              + message.attachments().size()
              + " attachments is larger than "
              + Limits.MESSAGE
              + " bytes with "
              + Limits.ATTACHMENTS);
    }
    if (message.session() != 0 && message.envelope().length > Limits.KERNEL_ENVELOPE) {
      return new CallFailed(
          runnerId,
          ErrorCode.MESSAGE_TOO_LARGE,
          "an envelope of "
              + message.envelope().length
              + " bytes is larger than "
              + Limits.KERNEL_ENVELOPE);
    }
    return null;
  }

  /** Takes an operation back that was not begun to be written. */
  boolean withdraw(Operation operation) {
    Outgoing outgoing = operation.outgoing;
    String id = operation.id;
    if (outgoing == null || id == null || !outbox.withdraw(outgoing)) {
      return false;
    }
    calls.take(id);
    return true;
  }

  /**
   * How far it came. What is just being handed to the outbox counts as sent, unless the outbox has
   * ended before: then it takes nothing in.
   */
  Delivery deliveryOf(Operation operation) {
    boolean ended = outbox.ended();
    Outgoing outgoing = operation.outgoing;
    if (!operation.begun || (outgoing == null && ended)) {
      return Delivery.NEVER_SENT;
    }
    return outgoing != null && !outbox.started(outgoing) ? Delivery.NEVER_SENT : Delivery.UNKNOWN;
  }

  // ---- on the reader thread ----

  /** The last cell that had its reply; for the report of a death. */
  private record Answer(String what, @Nullable String id, OutcomeKind kind) {}

  void answered(CellOperation cell, OutcomeKind kind) {
    lastAnswer = new Answer(cell.describe(), cell.id, kind);
  }

  Optional<String> lastAnswer() {
    return Optional.ofNullable(lastAnswer)
        .map(last -> last.what + ", request id " + last.id + ", " + last.kind.wireName());
  }

  void heard() {
    liveness.heard();
  }

  void replyArrived(Envelope.Reply reply, List<byte[]> attachments) {
    PendingCall call = calls.take(reply.id());
    if (call != null) {
      call.answered(reply, attachments);
      return;
    }
    if (reply.id().equals(JsonRpc.NULL_ID) && reply.error() != null) {
      throw new ProtocolError(
          "SES-1", "the runner could not read what was sent: " + WireErrors.text(reply.error()));
    }
    // SES-4: a late reply is dropped, not an error.
    counters.lateReplies.increment();
    ControlCall<?> expired = calls.takeExpired(reply.id());
    if (expired != null) {
      expired.answeredLate(reply);
    }
  }

  // ---- the end ----

  /**
   * From now on every request gets the verdict; returns those that were open. The first verdict
   * counts.
   */
  List<PendingCall> condemn(RunnerException verdict) {
    List<PendingCall> orphans = calls.condemn(verdict);
    controlBytes.open();
    return orphans;
  }

  /** Facts for a report of what hangs. */
  List<String> evidence() {
    List<String> facts = new ArrayList<>();
    facts.add("outbound: requests to the supervisor keep " + controlBytes.used() + " bytes");
    calls
        .open()
        .forEach(
            (id, call) ->
                facts.add(
                    "open: id "
                        + id
                        + " "
                        + call.describe()
                        + ", for "
                        + age(call)
                        + " ms, "
                        + outbox.stage(call.outgoing())));
    return facts;
  }

  /** Milliseconds since it was asked for. */
  static long age(PendingCall call) {
    return Duration.ofNanos(System.nanoTime() - call.openedNanos()).toMillis();
  }
}
