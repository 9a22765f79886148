package dev.pyvisor.transport.websocket;

import java.net.Proxy;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.java_websocket.exceptions.WebsocketNotConnectedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the connections of a link: one after the other, each of them dialled and attached within
 * bounds, with pauses in between, until another one would not help.
 *
 * <p>Thread-safe: it dials on the link's own thread only; what it knows of its attempts is guarded
 * by the link, on whose monitor it waits.
 */
final class Dialler {
  private static final Logger LOG = LoggerFactory.getLogger(Dialler.class);

  private final HostLink link;
  private final String runnerId;
  private final Line line;
  private final Redial redial; // guarded by link, as all below
  private @Nullable URI address;

  Dialler(HostLink link, String runnerId, Line line, Manner manner) {
    this.link = link;
    this.runnerId = runnerId;
    this.line = line;
    this.redial = new Redial(manner, limit -> ThreadLocalRandom.current().nextLong(limit));
  }

  /**
   * How a runner is reached.
   *
   * <p>Immutable.
   *
   * @param token never shown
   * @param tls empty where what is said can be read on the way
   */
  record Line(String token, Proxy proxy, Optional<Tls> tls) {
    static Line plain(String token, Proxy proxy) {
      return new Line(token, proxy, Optional.empty());
    }
  }

  /** The runner listens there. */
  void listensAt(URI at) {
    synchronized (link) {
      address = at;
      link.notifyAll();
    }
  }

  /** Waits until there is something to dial; false when the link is over before. */
  boolean awaitAddress() throws InterruptedException {
    synchronized (link) {
      while (address == null && !link.isOver()) {
        link.wait();
      }
      redial.cut(System.nanoTime());
      return !link.isOver() && !link.isLeaving();
    }
  }

  /** An attached connection; null where there is none to be had now. */
  @Nullable Connection dial() throws InterruptedException {
    Connection connection;
    synchronized (link) {
      connection = new Connection(Objects.requireNonNull(address), line, link);
      redial.attempts();
      link.tries(connection);
    }
    if (!connection.connectBlocking(WebsocketLimits.DIAL.toMillis(), TimeUnit.MILLISECONDS)) {
      synchronized (link) {
        connection.refusal().ifPresent(redial::refused);
        link.tries(null);
      }
      connection.abort();
      return null;
    }
    if (!send(connection, link.attach())) {
      return null;
    }
    if (link.awaitAttached(connection, WebsocketLimits.DIAL.toNanos())) {
      return connection;
    }
    connection.abort();
    return null;
  }

  /** False where the connection is gone. */
  static boolean send(Connection connection, ByteBuffer message) {
    try {
      connection.send(message);
      return true;
    } catch (WebsocketNotConnectedException gone) {
      return false;
    }
  }

  /** Waits until it is time to dial again; why the link has ended instead, if it has. */
  Optional<LinkEnded> pause() throws InterruptedException {
    synchronized (link) {
      if (link.isOver() || link.isLeaving()) {
        return Optional.empty();
      }
      long now = System.nanoTime();
      Optional<String> verdict =
          link.poison()
              .or(
                  () ->
                      redial.verdict(
                          now, String.valueOf(address == null ? null : address.getAuthority())));
      if (verdict.isEmpty()) {
        redial.refusal().ifPresent(no -> LOG.info("runner {}: refused for now: {}", runnerId, no));
        link.await(redial.pause(now, link.progress()), () -> link.isOver() || link.isLeaving());
      }
      return verdict.map(why -> redial.end(why, link.poison().isPresent()));
    }
  }

  // ---- what becomes of its connections, under the link's lock ----

  void attached(long now, long progress) {
    redial.attached(now, progress);
  }

  void refused(Answer answer) {
    redial.refused(answer);
  }

  void nobodyListens() {
    redial.nobodyListens();
  }

  void distrusts(TlsFailure failure) {
    redial.distrusts(failure);
  }

  void excused() {
    redial.excused();
  }

  /** A connection has ended so. */
  void ended(String why) {
    redial.ended(why);
  }

  /** It was an attached one: from now on there should be another. */
  void cut() {
    redial.cut(System.nanoTime());
  }

  /** What its connections have cost so far; the names are those of the runner's status. */
  String counters() {
    return "reconnects="
        + redial.reconnects()
        + " outageMs="
        + TimeUnit.NANOSECONDS.toMillis(redial.outage());
  }
}
