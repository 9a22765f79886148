package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.ProtocolViolated;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.error.RunnerGone;
import dev.pyvisor.error.TransportLost;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.Fields;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Hello;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Lane;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.MessageReader;
import dev.pyvisor.wire.ProtocolError;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The bond with one runner: routes what it says to whom it concerns, and ends everything that waits
 * for it when it dies. The one place where that happens is {@link #end}.
 *
 * <p>Thread-safe: each table guards itself; the reader's own state is confined to the reader
 * thread.
 */
final class Link implements TransportListener {
  /**
   * Ids are never used again in this JVM, so that a late reply cannot meet a newer call (SES-4,
   * SES-8).
   */
  private static final AtomicLong IDS = new AtomicLong();

  private final String runnerId;
  private final Path privateDirectory;
  private final Timer timer;
  private final Executor callbacks;
  private final Executor ownCallbacks;
  private final Outbox outbox = new Outbox();
  private final CallTable calls = new CallTable();
  private final Counters counters = new Counters();
  private final AtomicInteger messages = new AtomicInteger();
  private final AtomicInteger refusals = new AtomicInteger();
  private final Map<Integer, SessionCore> sessions = new ConcurrentHashMap<>();
  private final ByteBudget controlBytes = new ByteBudget(Defaults.OUTBOUND_BYTES);
  private final CompletableFuture<Hello> hello = new CompletableFuture<>();
  private final CompletableFuture<ExitReport> exited = new CompletableFuture<>();
  private final Liveness liveness;
  private final MessageReader reader = new MessageReader(); // the reader's
  private boolean greeted; // the reader's
  private volatile @Nullable Transport transport;

  Link(
      String runnerId,
      Path privateDirectory,
      Timer timer,
      Executor callbacks,
      Executor ownCallbacks) {
    this.runnerId = runnerId;
    this.privateDirectory = privateDirectory;
    this.timer = timer;
    this.callbacks = callbacks;
    this.ownCallbacks = ownCallbacks;
    this.liveness = new Liveness(timer, outbox, calls, this::silent);
  }

  void attach(Transport opened) {
    transport = opened;
  }

  CompletableFuture<Hello> hello() {
    return hello;
  }

  CompletableFuture<ExitReport> exited() {
    return exited;
  }

  String runnerId() {
    return runnerId;
  }

  Path privateDirectory() {
    return privateDirectory;
  }

  Outbox outbox() {
    return outbox;
  }

  Counters counters() {
    return counters;
  }

  Timer timer() {
    return timer;
  }

  /** Where listeners are called and futures completed. */
  Executor callbacks() {
    return callbacks;
  }

  Mailbox newMailbox() {
    return new Mailbox(callbacks, ownCallbacks);
  }

  int nextMessage() {
    return messages.incrementAndGet();
  }

  // ---- requests ----

  /** A request to the supervisor; waits for room to keep it, then returns. */
  CompletableFuture<JsonNode> request(String method, String params, Deadline by) {
    return request(method, params, by, result -> result);
  }

  /** The same; {@code reading} makes something of the result before anything else is heard. */
  <T> CompletableFuture<T> request(
      String method, String params, Deadline by, Function<JsonNode, T> reading) {
    ControlCall<T> call = new ControlCall<>(runnerId, IDS.incrementAndGet(), method, reading);
    byte[] envelope = JsonRpc.request(Long.parseLong(call.id), method, params);
    RunnerException refusal = refusal(method, envelope.length, by);
    if (refusal != null) {
      call.failed(refusal);
      return call.result;
    }
    Message message =
        new Message(FrameKind.MESSAGE, 0, 0, 0, 0, nextMessage(), envelope, List.of());
    Outgoing outgoing = new Outgoing(message, () -> controlBytes.release(envelope.length));
    RunnerException verdict = calls.admit(call.id, call);
    if (verdict != null) {
      outgoing.left();
      call.failed(verdict.as(Delivery.NEVER_SENT));
      return call.result;
    }
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
    if (calls.take(call.id) == null) {
      return;
    }
    call.failed(
        new CallTimedOut(
            runnerId,
            outbox.withdraw(outgoing) ? Delivery.NEVER_SENT : Delivery.UNKNOWN,
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

  Delivery deliveryOf(Operation operation) {
    Outgoing outgoing = operation.outgoing;
    return outgoing == null || !outbox.started(outgoing) ? Delivery.NEVER_SENT : Delivery.UNKNOWN;
  }

  // ---- sessions ----

  /** Enters a session; from now on it hears what concerns it, and ends with the connection. */
  void enter(SessionCore session) {
    sessions.put(session.number(), session);
    RunnerException verdict = calls.verdict();
    if (verdict != null) {
      session.condemn(verdict);
    }
  }

  void leave(SessionCore session) {
    sessions.remove(session.number(), session);
    session.condemn(session.closed());
    outbox.forget(session.number());
  }

  // ---- what the runner says, on the reader thread ----

  @Override
  public void onFrame(Frame frame) {
    if (!greeted) {
      greet(frame);
      return;
    }
    switch (frame.kind()) {
      case MESSAGE, RELAY -> {
        Message message = reader.accept(frame);
        if (message != null) {
          route(message);
        }
      }
      case STDOUT, STDERR -> {
        SessionCore session = sessions.get(frame.session());
        if (session == null) {
          counters.lateOutputBytes.add(frame.body().length);
        } else {
          session.outputArrived(frame);
        }
      }
      case CREDIT -> takeCredit(frame);
      case PING -> outbox.pong(pingBody(frame));
      case PONG -> liveness.answered();
      case HELLO -> throw new ProtocolError("LIF-1", "HELLO came twice", frame.body());
    }
  }

  private void greet(Frame frame) {
    if (frame.kind() != FrameKind.HELLO) {
      throw new ProtocolError(
          "LIF-1", "the first frame was " + frame.kind() + ", not HELLO", frame.body());
    }
    Hello said = Hello.parse(frame.body());
    greeted = true;
    hello.complete(said);
  }

  private void takeCredit(Frame frame) {
    if (frame.body().length != Limits.CREDIT_BODY) {
      throw new ProtocolError(
          "TRN-4", "a CREDIT of " + frame.body().length + " bytes", frame.body());
    }
    ByteBuffer body = ByteBuffer.wrap(frame.body());
    int lane = body.get();
    int bytes = body.getInt();
    if (lane != Lane.KERNEL.number()) {
      throw new ProtocolError(
          "TRN-4", "credit for lane " + lane + " came to the host", frame.body());
    }
    if (sessions.containsKey(frame.session())) {
      outbox.takeCredit(frame.session(), bytes);
    }
  }

  private static byte[] pingBody(Frame frame) {
    if (frame.body().length > Limits.PING_BODY) {
      throw new ProtocolError("FRM-1", "a PING of " + frame.body().length + " bytes", frame.body());
    }
    return frame.body();
  }

  private void route(Message message) {
    if (message.kind() == FrameKind.RELAY) {
      SessionCore session = sessions.get(message.session());
      if (session == null) {
        counters.staleFrames.increment();
      } else {
        session.relayed(message);
      }
      return;
    }
    Envelope envelope = JsonRpc.parse(message.envelope());
    if (envelope instanceof Envelope.Reply reply) {
      reply(reply);
    } else if (envelope instanceof Envelope.Notification notification) {
      notified(notification);
    } else if (envelope instanceof Envelope.Request request) {
      answer(
          JsonRpc.error(
              request.id(),
              ErrorCode.METHOD_NOT_FOUND,
              "a host has no method '" + request.method() + "'"));
    } else if (envelope instanceof Envelope.Refused refused) {
      answer(JsonRpc.error(refused.id(), refused.code(), refused.message()));
    } else {
      throw new AssertionError(envelope);
    }
  }

  private void reply(Envelope.Reply reply) {
    PendingCall call = calls.take(reply.id());
    if (call != null) {
      call.answered(reply);
      return;
    }
    if (reply.id().equals(JsonRpc.NULL_ID) && reply.error() != null) {
      throw new ProtocolError(
          "SES-1", "the runner could not read what was sent: " + WireErrors.text(reply.error()));
    }
    // SES-4: a late reply is dropped, not an error.
    counters.lateReplies.increment();
  }

  private void notified(Envelope.Notification notification) {
    if (!notification.method().equals("generation")) {
      counters.ignoredNotifications.increment();
      return;
    }
    Fields params = new Fields("LIF-7", "generation", notification.params());
    SessionCore session = sessions.get(params.small("session"));
    if (session != null) {
      session.newGeneration(params.small("generation"));
    }
  }

  private void answer(byte[] envelope) {
    send(new Message(FrameKind.MESSAGE, 0, 0, 0, 0, nextMessage(), envelope, List.of()));
  }

  /**
   * Sends a small answer that nobody reserved room for; a peer that reads none of many is broken.
   */
  void send(Message answer) {
    if (refusals.incrementAndGet() > Defaults.QUEUED_REFUSALS) {
      throw new ProtocolError(
          "TRN-5", Defaults.QUEUED_REFUSALS + " refusals were sent and none was read");
    }
    outbox.send(new Outgoing(answer, refusals::decrementAndGet));
  }

  void forgetGeneration(int session, int generation) {
    reader.forgetGeneration(session, generation);
  }

  // ---- its end ----

  @Override
  public void onViolation(ProtocolError error) {
    end(
        new ProtocolViolated(
            runnerId, Delivery.UNKNOWN, error.rule(), String.valueOf(error.getMessage())));
  }

  @Override
  public void onClosed(ExitReport report) {
    end(new RunnerGone(runnerId, Delivery.UNKNOWN, report));
    exited.complete(report);
  }

  private void silent(String detail) {
    Transport opened = transport;
    end(new TransportLost(runnerId, Delivery.UNKNOWN, detail));
    if (opened != null) {
      opened.kill(detail);
    }
  }

  /** SES-11: everything that waits for the runner ends now; the first verdict counts. */
  void end(RunnerException verdict) {
    List<PendingCall> orphans = calls.condemn(verdict);
    outbox.end();
    hello.completeExceptionally(verdict);
    orphans.forEach(call -> call.failed(verdict));
    sessions.values().forEach(session -> session.condemn(verdict));
    controlBytes.open();
  }

  /** The same, without waiting for listeners: the client is closed. */
  void abandon(RunnerException verdict) {
    sessions.values().forEach(session -> session.abandon(verdict));
    end(verdict);
  }

  /** Runs user code that the reader must not run. */
  void offReader(Runnable code) {
    try {
      callbacks.execute(code);
    } catch (RejectedExecutionException refused) {
      ownCallbacks.execute(code);
    }
  }

  List<String> evidence() {
    List<String> facts = new ArrayList<>();
    facts.add("runner " + runnerId + " verdict: " + calls.verdict());
    facts.addAll(calls.evidence());
    sessions.values().forEach(session -> facts.addAll(session.evidence()));
    facts.addAll(outbox.evidence());
    Transport opened = transport;
    if (opened != null) {
      facts.addAll(opened.evidence());
    }
    return facts;
  }
}
