package dev.pyvisor.transport.websocket;

import dev.pyvisor.Defaults;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.websocket.Exchange.Brought;
import dev.pyvisor.transport.websocket.Words.Word;
import dev.pyvisor.wire.FrameReader;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.ProtocolError;
import dev.pyvisor.wire.RecordReceiver;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
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
  private final Manner manner;
  private final String host = TokenFile.fresh(); // by which it is told from another host
  private final TransportListener listener;
  private final Consumer<Throwable> onFault;
  private final Dialler dialler;
  private final Object hearing = new Object();
  private final FrameReader frames = new FrameReader(); // guarded by hearing
  private final Exchange exchange = new Exchange(); // guarded by this, as all below
  private @Nullable String incarnation;
  private @Nullable Connection current; // attached, or about to be
  private boolean attached;
  private boolean over;
  private boolean leaving;
  private int cuts;
  private int stalls;

  HostLink(
      String runnerId,
      Dialler.Line line,
      Manner manner,
      TransportListener listener,
      Consumer<Throwable> onFault) {
    this.runnerId = runnerId;
    this.manner = manner;
    this.listener = listener;
    this.onFault = onFault;
    this.dialler = new Dialler(this, runnerId, line, manner);
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
    awaitUnacked(0);
  }

  private synchronized void write(byte[] data) throws InterruptedException {
    stalls += exchange.unacked() > WebsocketLimits.KEPT ? 1 : 0;
    awaitUnacked(WebsocketLimits.KEPT);
    exchange.write(data);
    notifyAll();
  }

  /** Waits while more than this was not taken over. */
  private synchronized void awaitUnacked(long bytes) throws InterruptedException {
    while (exchange.unacked() > bytes && !over && !leaving) {
      wait();
    }
  }

  // ---- the link's own thread ----

  /** The runner listens there. */
  void listensAt(URI at) {
    dialler.listensAt(at);
  }

  /** Dials, says what there is to say, and dials again, until the link is over. */
  void run() {
    try {
      boolean more = dialler.awaitAddress();
      while (more) {
        Connection connection = dialler.dial();
        if (connection != null) {
          speak(connection);
        }
        Optional<LinkEnded> end = dialler.pause();
        end.ifPresent(onFault);
        more = end.isEmpty() && goesOn();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized boolean goesOn() {
    return !over && !leaving;
  }

  private void speak(Connection connection) throws InterruptedException {
    ByteBuffer message = next(connection);
    while (message != null && Dialler.send(connection, message)) {
      message = next(connection);
    }
    if (saysGoodbye(connection) && Dialler.send(connection, Words.goodbyeFor("detach"))) {
      awaitCut(Defaults.EXIT_DRAIN.toNanos()); // the runner closes: then it was heard
    }
    connection.abort();
  }

  private synchronized boolean saysGoodbye(Connection connection) {
    return leaving && !over && current == connection && attached;
  }

  /** The next message; null when the connection is no longer the one. */
  private synchronized @Nullable ByteBuffer next(Connection connection)
      throws InterruptedException {
    while (current == connection && attached && !over && !leaving) {
      long now = System.nanoTime();
      ByteBuffer message = exchange.next(now);
      if (message != null) {
        return message;
      }
      if (exchange.dead()) {
        LOG.warn("runner {}: nothing was heard for {}", runnerId, WebsocketLimits.DEAD);
        return null;
      }
      TimeUnit.NANOSECONDS.timedWait(this, exchange.wake() - now);
    }
    return null;
  }

  // ---- what the dialler asks, on the link's own thread ----

  synchronized boolean isOver() {
    return over;
  }

  synchronized boolean isLeaving() {
    return leaving;
  }

  /** From now on this connection is the one, though not attached yet. */
  synchronized void tries(@Nullable Connection connection) {
    current = connection;
    attached = false;
  }

  synchronized ByteBuffer attach() {
    return Words.attach(incarnation, exchange.received(), host, manner.takeover());
  }

  /** Whether the runner has answered, within this time, that the connection is attached. */
  synchronized boolean awaitAttached(Connection connection, long nanos)
      throws InterruptedException {
    await(nanos, () -> current != connection || attached || over || leaving);
    return current == connection && attached;
  }

  /** Waits until it is so, but no longer than this. */
  synchronized void await(long nanos, BooleanSupplier so) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    for (long left = nanos; left > 0 && !so.getAsBoolean(); left = end - System.nanoTime()) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }

  /** Why no other connection would help, if it is what they have to carry. */
  synchronized Optional<String> poison() {
    return exchange
        .poisoned()
        .map(
            record ->
                "transport_poison: no connection survived the record at byte "
                    + record.offset()
                    + " of what the host says; something on the way ends every connection that"
                    + " carries it: look at proxies between");
  }

  /** Bytes taken over in both directions. */
  synchronized long progress() {
    return exchange.progress();
  }

  // ---- the library's threads ----

  void heard(Connection connection, ByteBuffer message) {
    try {
      Word word = Words.decode(message);
      synchronized (hearing) {
        Brought brought = take(connection, word);
        if (brought.instead()) {
          LOG.warn("runner {}: it has given up a record that no connection survived", runnerId);
          frames.instead(brought.data(), listener::onFrame);
        } else if (brought.data().hasRemaining()) {
          frames.feed(brought.data(), listener::onFrame);
        }
      }
    } catch (ProtocolError problem) {
      connection.ignore();
      if (problem.rule().equals(RecordReceiver.GAP)) {
        // Something in between has lost a message: the stream itself is whole at the other end.
        LOG.warn("runner {}: {}; the connection is given up", runnerId, problem.getMessage());
        connection.abort();
      } else {
        onFault.accept(problem);
      }
    } catch (RuntimeException | Error problem) {
      connection.ignore();
      onFault.accept(problem);
    }
  }

  /**
   * What a message brings of the stream; nothing if it is of a connection that is no longer the
   * one.
   */
  private synchronized Brought take(Connection connection, Word word) {
    if (connection != current) {
      return Brought.NOTHING;
    }
    long now = System.nanoTime();
    exchange.heard(word, now);
    Exchange.require(attached, word);
    Brought brought = Brought.NOTHING;
    switch (word.kind()) {
      case Words.ATTACHED -> attached(word, now);
      case Words.ERROR -> refused(connection, Answer.said(Objects.requireNonNull(word.content())));
      case Words.GOAWAY -> dialler.excused();
      default -> brought = exchange.take(word, now);
    }
    notifyAll();
    return brought;
  }

  private void attached(Word word, long now) {
    JsonNode content = Objects.requireNonNull(word.content());
    String named = content.path("incarnation").asString("");
    if (attached || named.isEmpty() || (incarnation != null && !incarnation.equals(named))) {
      throw new ProtocolError("REC-4", "attached to '" + named + "', expected " + incarnation);
    }
    incarnation = named;
    int before = exchange.givenUp();
    exchange.resume(content.path("received").asLong(-1), now);
    if (exchange.givenUp() > before) {
      LOG.warn(
          "runner {}: a record was given up, for no connection survived it: {}",
          runnerId,
          exchange.counters());
    }
    attached = true;
    dialler.attached(now, exchange.progress());
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

  /** Nothing listens where it dials. */
  synchronized void notThere(Connection connection) {
    if (connection == current) {
      dialler.nobodyListens();
    }
  }

  /** The runner does not show itself to be the one; {@link #cut} follows. */
  synchronized void distrusts(Connection connection, TlsFailure failure) {
    if (connection == current) {
      dialler.distrusts(failure);
    }
  }

  /** The runner said no to this connection; {@link #cut} follows. */
  synchronized void refused(Connection connection, Answer answer) {
    if (connection == current) {
      dialler.refused(answer);
      if (!attached) {
        current = null;
      }
      notifyAll();
    }
  }

  /** The connection is gone, from whatever side. */
  synchronized void cut(Connection connection, String why) {
    if (connection == current) {
      current = null;
      dialler.ended(why);
      if (attached) {
        exchange.cut();
        attached = false;
        dialler.cut();
        cuts++;
        LOG.atLevel(leaving ? Level.DEBUG : Level.INFO)
            .log("runner {}: a cut, cause='{}' {}", runnerId, why, counters());
      }
      notifyAll();
    }
  }

  // ---- any thread ----

  /**
   * Whether what is sent arrives, as far as is known: a while of silence already speaks against.
   */
  synchronized boolean reaches() {
    return attached && !exchange.asked();
  }

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
    return "cuts="
        + cuts
        + " "
        + dialler.counters()
        + " "
        + exchange.counters()
        + " stalls="
        + stalls;
  }
}
