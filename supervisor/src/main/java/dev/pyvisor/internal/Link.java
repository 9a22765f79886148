package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.GenerationChange;
import dev.pyvisor.diagnosis.FrameLog;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.ProtocolViolated;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.error.RunnerGone;
import dev.pyvisor.error.TransportLost;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.transport.FrameSource;
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
import dev.pyvisor.wire.Terminal;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The bond with one runner: routes what it says to whom it concerns, and ends everything that waits
 * for it when it dies. The one place where that happens is {@link #end}.
 *
 * <p>Thread-safe: each table guards itself; the reader's own state is confined to the reader
 * thread.
 */
final class Link implements TransportListener {
  private final String runnerId;
  private final ClientResources client;
  private final Counters counters;
  private final Outbox outbox = new Outbox();
  private final FrameLog frames = new FrameLog();
  private final Requests requests;
  private final Watchdog watchdog;
  private final AtomicInteger refusals = new AtomicInteger();
  private final Map<Integer, SessionCore> sessions = new ConcurrentHashMap<>();
  private final CompletableFuture<Hello> hello = new CompletableFuture<>();
  private final CompletableFuture<ExitReport> exited = new CompletableFuture<>();
  private final MessageReader reader = new MessageReader(); // the reader's
  private boolean greeted; // the reader's
  private volatile @Nullable Transport transport;
  private volatile boolean ended;
  private volatile EvidenceSink evidence;
  private volatile long supervisor; // 0 until it is known

  Link(String runnerId, ClientResources client) {
    this.runnerId = runnerId;
    this.client = client;
    this.counters = client.counters();
    this.evidence = params -> counters.ignoredNotifications.increment();
    this.requests =
        new Requests(
            runnerId,
            client.timer(),
            outbox,
            counters,
            client.trace(),
            this::reaches,
            this::silent);
    this.watchdog =
        new Watchdog(client.timer(), this::reaches, reason -> evidence.hung(reason), this::hung);
  }

  void attach(Transport opened) {
    transport = opened;
  }

  /** Who takes what the runner says of a hang; before the runner says anything. */
  void evidenceTo(EvidenceSink sink) {
    evidence = sink;
  }

  /** It has said who it is; returns its number on this machine. Not on the reader thread. */
  long locate(Hello said) {
    Transport opened = transport;
    supervisor = opened == null ? said.pid() : opened.pidHere(said.pid());
    return supervisor == 0 ? said.pid() : supervisor;
  }

  /** The supervisor's number on this machine, once it is known. */
  OptionalLong supervisor() {
    long known = supervisor;
    return known == 0 ? OptionalLong.empty() : OptionalLong.of(known);
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
    return client.privateDirectory();
  }

  /** Where others for a while may be made: beside it, and so outside of the workspace. */
  Path scratch() {
    return Objects.requireNonNull(privateDirectory().getParent(), "it is one in another");
  }

  Outbox outbox() {
    return outbox;
  }

  /** What the transport's writer takes, noted as it goes out. */
  FrameSource outbound() {
    return into -> {
      int start = into.position();
      boolean more = outbox.take(into);
      frames.sending(into, start);
      return more;
    };
  }

  FrameLog frames() {
    return frames;
  }

  Counters counters() {
    return counters;
  }

  Trace trace() {
    return client.trace();
  }

  Timer timer() {
    return client.timer();
  }

  /** Where listeners are called and futures completed. */
  CallbackExecutor callbacks() {
    return client.callbacks();
  }

  Requests requests() {
    return requests;
  }

  // ---- sessions ----

  /** Enters a session; from now on it hears what concerns it, and ends with the connection. */
  void enter(SessionCore session) {
    outbox.open(session.number());
    sessions.put(session.number(), session);
    RunnerException verdict = requests.verdict();
    if (verdict != null) {
      session.condemn(verdict);
    }
  }

  void leave(SessionCore session) {
    trace().sessionClosed(session);
    sessions.remove(session.number(), session);
    session.condemn(session.closed());
    outbox.forget(session.number());
  }

  // ---- what the runner says, on the reader thread ----

  @Override
  public void onFrame(Frame frame) {
    frames.received(frame);
    requests.heard();
    if (ended) {
      // Its sessions live elsewhere by now, or not at all; what it says is of nobody.
      counters.staleFrames.increment();
      return;
    }
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
      case PONG -> {}
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
    outbox.takeCredit(frame.session(), bytes);
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
      requests.replyArrived(reply, message.attachments());
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

  private void notified(Envelope.Notification notification) {
    switch (notification.method()) {
      case "generation" -> generation(new Fields("LIF-7", "generation", notification.params()));
      case "evidence" -> evidence.told(notification.params().toString());
      default -> counters.ignoredNotifications.increment();
    }
  }

  private void generation(Fields params) {
    SessionCore session = sessions.get(params.small("session"));
    if (session != null) {
      session.generationChanged(
          new GenerationChange(
              params.small("generation"),
              params.text("reason", ""),
              Terminal.state(params.object("state"))));
    }
  }

  private void answer(byte[] envelope) {
    send(new Message(FrameKind.MESSAGE, 0, 0, 0, 0, requests.nextMessage(), envelope, List.of()));
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

  /** The runner has nothing left of it; on the reader thread. */
  void forgetSession(int session) {
    reader.forgetSession(session);
  }

  Watchdog watchdog() {
    return watchdog;
  }

  /** What is left of a session's state where this has ended its cell. */
  StateReport stateAfter(RunnerException failure) {
    return client.restart() ? Causes.stateOfNext(failure) : Causes.state(failure);
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
    trace().runnerEnded(runnerId, report);
    end(new RunnerGone(runnerId, Delivery.UNKNOWN, report));
    exited.complete(report);
  }

  private boolean reaches() {
    Transport opened = transport;
    return opened == null || opened.reaches();
  }

  private void silent(String detail) {
    Transport opened = transport;
    end(new TransportLost(runnerId, Delivery.UNKNOWN, detail));
    if (opened != null) {
      trace().runnerKill(runnerId, detail);
      opened.kill(detail);
    }
  }

  /** Its death settles everything, with what it died of; a runner that cannot die is lost. */
  private void hung(String reason) {
    Transport opened = transport;
    if (opened != null) {
      trace().runnerKill(runnerId, reason);
      opened.kill(reason);
    }
    client
        .timer()
        .after(
            Defaults.BURIAL_LIMIT,
            () -> end(new TransportLost(runnerId, Delivery.UNKNOWN, reason)));
  }

  /** SES-11: everything that waits for the runner ends now; the first verdict counts. */
  void end(RunnerException verdict) {
    List<PendingCall> orphans = cut(verdict);
    orphans.forEach(call -> call.failed(verdict));
    sessions.values().forEach(session -> session.condemn(verdict));
  }

  /** The same, without waiting for listeners: the client is closed. */
  void abandon(RunnerException verdict) {
    List<PendingCall> orphans = cut(verdict);
    sessions.values().forEach(session -> session.abandon(verdict));
    orphans.forEach(call -> call.failed(verdict));
  }

  /**
   * Before anything settles: who hears of the end and calls again must find it, and what is then
   * said to have never been sent must never be.
   */
  private List<PendingCall> cut(RunnerException verdict) {
    if (!ended) {
      trace().runnerLost(runnerId, verdict);
    }
    List<PendingCall> orphans = requests.condemn(verdict);
    ended = true;
    outbox.end();
    hello.completeExceptionally(verdict);
    return orphans;
  }

  /** Whether everything that is asked of this runner from now on fails. */
  boolean ended() {
    return ended;
  }

  /** The failure of what it took along. */
  RunnerException gone() {
    RunnerException verdict = requests.verdict();
    return verdict != null
        ? verdict
        : new RunnerGone(
            runnerId,
            Delivery.UNKNOWN,
            new ExitReport("another has taken its place", OptionalInt.empty(), ""));
  }

  /** Runs user code that the reader must not run. */
  void offReader(Runnable code) {
    client.callbacks().execute(code);
  }

  List<String> evidence() {
    List<String> facts = new ArrayList<>();
    facts.add("runner " + runnerId + " verdict: " + requests.verdict());
    facts.addAll(requests.evidence());
    sessions.values().forEach(session -> facts.addAll(session.evidence()));
    facts.addAll(outbox.evidence());
    Transport opened = transport;
    if (opened != null) {
      facts.addAll(opened.evidence());
    }
    return facts;
  }
}
