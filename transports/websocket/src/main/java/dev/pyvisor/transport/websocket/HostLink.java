package dev.pyvisor.transport.websocket;

import dev.pyvisor.Defaults;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.websocket.Words.Word;
import dev.pyvisor.wire.FrameReader;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Piece;
import dev.pyvisor.wire.ProtocolError;
import dev.pyvisor.wire.RecordReceiver;
import dev.pyvisor.wire.RecordSender;
import java.net.Proxy;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.java_websocket.exceptions.WebsocketNotConnectedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import tools.jackson.databind.JsonNode;

/**
 * The host's end of a stream of frames that outlives its connections.
 *
 * <p>Thread-safe: guarded by this; frames are handed over under a lock of their own, so that one
 * connection after the other does it. No lock is held while the library is called.
 */
final class HostLink {
  private static final Logger LOG = LoggerFactory.getLogger(HostLink.class);

  private final String runnerId;
  private final String token;
  private final Proxy proxy;
  private final Manner manner;
  private final String host = TokenFile.fresh(); // by which it is told from another host
  private final TransportListener listener;
  private final Consumer<Throwable> onFault;
  private final Object hearing = new Object();
  private final FrameReader frames = new FrameReader(); // guarded by hearing
  private final RecordSender sender = new RecordSender(); // guarded by this, as all below
  private final RecordReceiver receiver = new RecordReceiver();
  private @Nullable URI address;
  private @Nullable String incarnation;
  private @Nullable Connection current; // attached, or about to be
  private boolean attached;
  private boolean over;
  private boolean leaving;
  private final Heartbeat heartbeat = new Heartbeat();
  private final Redial redial;
  private long roundTrip; // nanoseconds
  private long owedSince; // System.nanoTime
  private @Nullable Long pongFor;
  private int cuts;
  private int stalls;

  HostLink(
      String runnerId,
      String token,
      Proxy proxy,
      Manner manner,
      TransportListener listener,
      Consumer<Throwable> onFault) {
    this.runnerId = runnerId;
    this.token = token;
    this.proxy = proxy;
    this.manner = manner;
    this.redial = new Redial(manner, limit -> ThreadLocalRandom.current().nextLong(limit));
    this.listener = listener;
    this.onFault = onFault;
  }

  // ---- the thread that writes ----

  /**
   * Carries frames to the stream until there will be no more, and waits until all of it has been
   * taken over, or the link is over.
   */
  void carry(FrameSource outbound) throws InterruptedException {
    ByteBuffer buffer = ByteBuffer.allocate(2 * Limits.FRAME);
    while (outbound.take(buffer)) {
      byte[] data = new byte[buffer.position()];
      buffer.flip().get(data);
      write(data);
      buffer.clear();
    }
    awaitTakenOver();
  }

  /** Adds to the stream; waits while too much of it was not taken over. */
  private synchronized void write(byte[] data) throws InterruptedException {
    stalls += sender.unacked() > WebsocketLimits.KEPT ? 1 : 0;
    while (sender.unacked() > WebsocketLimits.KEPT && !over && !leaving) {
      wait();
    }
    sender.write(data);
    notifyAll();
  }

  private synchronized void awaitTakenOver() throws InterruptedException {
    while (sender.unacked() > 0 && !over && !leaving) {
      wait();
    }
  }

  // ---- the link's own thread ----

  /** The runner listens there. */
  synchronized void listensAt(URI at) {
    address = at;
    notifyAll();
  }

  /** Dials, says what there is to say, and dials again, until the link is over. */
  void run() {
    try {
      boolean more = awaitAddress();
      while (more) {
        Connection connection = dial();
        if (connection != null) {
          speak(connection);
        }
        more = goesOn();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether to dial again; waits until it is time to. */
  private boolean goesOn() throws InterruptedException {
    LinkEnded end;
    synchronized (this) {
      if (over || leaving) {
        return false;
      }
      long now = System.nanoTime();
      Optional<String> verdict = poison().or(() -> redial.verdict(now, address.getAuthority()));
      if (verdict.isEmpty()) {
        redial.refusal().ifPresent(no -> LOG.info("runner {}: refused for now: {}", runnerId, no));
        await(redial.pause(now, progress()), () -> over || leaving);
        return !over && !leaving;
      }
      end = redial.end(verdict.get(), sender.poisoned().isPresent());
    }
    onFault.accept(end);
    return false;
  }

  private Optional<String> poison() {
    return sender
        .poisoned()
        .map(
            record ->
                "transport_poison: no connection survived the record at byte "
                    + record.offset()
                    + " of what the host says; something on the way ends every connection that"
                    + " carries it: look at proxies between");
  }

  private long progress() {
    return sender.acked() + receiver.received();
  }

  private synchronized boolean awaitAddress() throws InterruptedException {
    while (address == null && !over) {
      wait();
    }
    redial.cut(System.nanoTime());
    return !over && !leaving;
  }

  /** Waits until it is so, but no longer than this. */
  private synchronized void await(long nanos, BooleanSupplier so) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    for (long left = nanos; left > 0 && !so.getAsBoolean(); left = end - System.nanoTime()) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }

  /** An attached connection; null where there is none to be had now. */
  private @Nullable Connection dial() throws InterruptedException {
    Connection connection;
    ByteBuffer attach;
    synchronized (this) {
      connection = new Connection(address, token, proxy, this);
      current = connection;
      attached = false;
      redial.attempts();
    }
    if (!connection.connectBlocking(WebsocketLimits.DIAL.toMillis(), TimeUnit.MILLISECONDS)) {
      synchronized (this) {
        connection.refusal().ifPresent(redial::refused);
        current = null;
      }
      connection.abort();
      return null;
    }
    synchronized (this) {
      attach = Words.attach(incarnation, receiver.received(), host, manner.takeover());
    }
    if (!send(connection, attach)) {
      return null;
    }
    synchronized (this) {
      await(
          WebsocketLimits.DIAL.toNanos(),
          () -> current != connection || attached || over || leaving);
      if (current == connection && attached) {
        return connection;
      }
    }
    connection.abort();
    return null;
  }

  private void speak(Connection connection) throws InterruptedException {
    ByteBuffer message = next(connection);
    while (message != null && send(connection, message)) {
      message = next(connection);
    }
    if (saysGoodbye(connection) && send(connection, Words.goodbyeFor("detach"))) {
      awaitCut(Defaults.EXIT_DRAIN.toNanos()); // the runner closes: then it was heard
    }
    connection.abort();
  }

  private synchronized boolean saysGoodbye(Connection connection) {
    return leaving && !over && current == connection && attached;
  }

  private static boolean send(Connection connection, ByteBuffer message) {
    try {
      connection.send(message);
      return true;
    } catch (WebsocketNotConnectedException gone) {
      return false;
    }
  }

  /** The next message; null when the connection is no longer the one. */
  private synchronized @Nullable ByteBuffer next(Connection connection)
      throws InterruptedException {
    while (current == connection && attached && !over && !leaving) {
      long now = System.nanoTime();
      if (pongFor != null) {
        ByteBuffer pong = Words.number(Words.PONG, pongFor);
        pongFor = null;
        return pong;
      }
      if (sender.inFlight() < WebsocketLimits.IN_FLIGHT) {
        Optional<Piece> piece = sender.take();
        if (piece.isPresent()) {
          return Words.record(piece.get(), receiver.tell());
        }
      }
      long wake = heartbeat.wake();
      if (receiver.owes()) {
        if (receiver.due() || now - owedSince >= WebsocketLimits.ACK.toNanos()) {
          return Words.number(Words.ACK, receiver.tell());
        }
        wake = Math.min(wake, owedSince + WebsocketLimits.ACK.toNanos());
      }
      switch (heartbeat.look(now)) {
        case PING -> {
          return Words.number(Words.PING, 0);
        }
        case DEAD -> {
          LOG.warn("runner {}: nothing was heard for {}", runnerId, WebsocketLimits.DEAD);
          return null;
        }
        case WAIT -> wake = Math.min(wake, heartbeat.wake());
      }
      TimeUnit.NANOSECONDS.timedWait(this, wake - now);
    }
    return null;
  }

  // ---- the library's threads ----

  void heard(Connection connection, ByteBuffer message) {
    try {
      Word word = Words.decode(message);
      synchronized (hearing) {
        ByteBuffer data = take(connection, word);
        if (data.hasRemaining()) {
          frames.feed(data, listener::onFrame);
        }
      }
    } catch (ProtocolError problem) {
      if (problem.rule().equals(RecordReceiver.GAP)) {
        // Something in between has lost a message: the stream itself is whole at the other end.
        LOG.warn("runner {}: {}; the connection is given up", runnerId, problem.getMessage());
        connection.abort();
      } else {
        onFault.accept(problem);
      }
    } catch (RuntimeException | Error problem) {
      onFault.accept(problem);
    }
  }

  /**
   * What a message brings of the stream; nothing if it is of a connection that is no longer the
   * one.
   */
  private synchronized ByteBuffer take(Connection connection, Word word) {
    ByteBuffer data = ByteBuffer.allocate(0);
    if (connection != current) {
      return data;
    }
    long now = System.nanoTime();
    if (word.kind() == Words.PONG) {
      roundTrip = heartbeat.roundTrip(now);
    }
    heartbeat.heard(now);
    switch (word.kind()) {
      case Words.ATTACHED -> attached(word);
      case Words.RECORD -> {
        requireAttached();
        sender.acknowledge(word.number());
        if (!receiver.owes()) {
          owedSince = now;
        }
        data = receiver.accept(java.util.Objects.requireNonNull(word.piece()));
        if (data.hasRemaining()) {
          sender.forgive();
        }
      }
      case Words.ACK -> {
        requireAttached();
        sender.acknowledge(word.number());
      }
      case Words.PING -> pongFor = word.number();
      case Words.ERROR ->
          refused(connection, Answer.said(java.util.Objects.requireNonNull(word.content())));
      case Words.GOAWAY -> redial.excused();
      default -> {}
    }
    notifyAll();
    return data;
  }

  private void attached(Word word) {
    JsonNode content = java.util.Objects.requireNonNull(word.content());
    String named = content.path("incarnation").asString("");
    if (attached || named.isEmpty() || (incarnation != null && !incarnation.equals(named))) {
      throw new ProtocolError("REC-4", "attached to '" + named + "', expected " + incarnation);
    }
    incarnation = named;
    sender.resume(content.path("received").asLong(-1));
    attached = true;
    long now = System.nanoTime();
    redial.attached(now, progress());
    heartbeat.heard(now);
  }

  /** It has said that it ends; where it is this host's own, its process tells. */
  void runnerEnds(Connection connection) {
    boolean anothers;
    synchronized (this) {
      leaving =
          leaving || connection == current; // the runner's process, if it is ours, is waited for
      anothers = connection == current && !manner.ours();
    }
    if (anothers) {
      onFault.accept(new LinkEnded("it ended"));
    }
  }

  private void requireAttached() {
    if (!attached) {
      throw new ProtocolError("REC-4", "a record before the answer to the attach");
    }
  }

  /** Nothing listens where it dials. */
  synchronized void notThere(Connection connection) {
    if (connection == current) {
      redial.nobodyListens();
    }
  }

  /** The runner said no to this connection; {@link #cut} follows. */
  synchronized void refused(Connection connection, Answer answer) {
    if (connection == current) {
      redial.refused(answer);
      if (!attached) {
        current = null;
      }
      notifyAll();
    }
  }

  /**
   * Whether what is sent arrives, as far as is known: a while of silence already speaks against.
   */
  synchronized boolean reaches() {
    return attached && !heartbeat.asked();
  }

  /** The connection is gone, from whatever side. */
  synchronized void cut(Connection connection, String why) {
    if (connection == current) {
      current = null;
      redial.ended(why);
      if (attached) {
        sender.cut();
        attached = false;
        redial.cut(System.nanoTime());
        cuts++;
        LOG.atLevel(leaving ? Level.DEBUG : Level.INFO)
            .log("runner {}: a cut, cause='{}' {}", runnerId, why, counters());
      }
      notifyAll();
    }
  }

  // ---- any thread ----

  /** Says goodbye, where there is a connection, and dials no more; {@link #run} returns. */
  void leave() {
    Connection dialled;
    synchronized (this) {
      leaving = true;
      dialled = attached ? null : current;
      notifyAll();
    }
    if (dialled != null) {
      dialled.abort();
    }
  }

  /** Nothing more is said or heard. */
  void end() {
    Connection last;
    synchronized (this) {
      over = true;
      last = current;
      current = null;
      notifyAll();
    }
    if (last != null) {
      last.abort();
    }
    synchronized (hearing) {
      return; // whoever was handing over has done so
    }
  }

  /**
   * Waits, but no longer than this, until the connection has ended: then all it brought was heard.
   */
  synchronized void awaitCut(long nanos) throws InterruptedException {
    await(nanos, () -> current == null);
  }

  synchronized String facts() {
    return "link attached=" + attached + " " + counters();
  }

  private String counters() {
    return new LinkCounters(cuts, stalls, roundTrip, redial, sender, receiver).text();
  }
}
