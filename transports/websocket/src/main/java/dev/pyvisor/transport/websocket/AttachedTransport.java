package dev.pyvisor.transport.websocket;

import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.ThreadJob;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.wire.ProtocolError;
import java.net.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A runner that somebody else has started, over the link alone. There is no process to watch and
 * none to kill: its end is what the link says, and giving it up is all that can be done to it. The
 * runner ends the sessions of a host that says goodbye, and itself goes on.
 *
 * <p>Thread-safe: by final fields and a latch; the first reason is guarded by this.
 */
final class AttachedTransport implements Transport {
  private static final Logger LOG = LoggerFactory.getLogger(AttachedTransport.class);

  private final String runnerId;
  private final Destination destination;
  private final FrameSource outbound;
  private final TransportListener listener;
  private final HostLink link;
  private final CountDownLatch gone = new CountDownLatch(1);
  private @Nullable LinkEnded end; // guarded by this; the first reason there was

  private AttachedTransport(
      TransportConfig config,
      Destination destination,
      Proxy proxy,
      Duration patience,
      FrameSource outbound,
      TransportListener listener) {
    this.runnerId = config.runnerId();
    this.destination = destination;
    this.outbound = outbound;
    this.listener = listener;
    this.link =
        new HostLink(
            runnerId,
            new Dialler.Line(destination.token(), proxy, destination.tls()),
            new Manner(false, destination.takeover(), patience),
            listener,
            this::failed);
  }

  /**
   * @param patience how long the runner may be out of reach once it was reached
   * @throws LaunchFailed when the machine gives no thread for it; then it is left again
   */
  static AttachedTransport start(
      TransportConfig config,
      Destination destination,
      Proxy proxy,
      Duration patience,
      FrameSource outbound,
      TransportListener listener) {
    AttachedTransport transport =
        new AttachedTransport(config, destination, proxy, patience, outbound, listener);
    transport.link.listensAt(destination.address());
    try {
      config.threads().start(ThreadJob.LINK, transport::speak);
      config.threads().start(ThreadJob.WRITER, transport::write);
    } catch (OutOfMemoryError noThread) {
      transport.leave("its threads could not be started: " + noThread.getMessage());
      throw new LaunchFailed(
          config.runnerId(),
          "the threads for a runner could not be started: " + noThread.getMessage(),
          noThread);
    }
    return transport;
  }

  // ---- the link's thread ----

  private void speak() {
    link.run();
    link.end();
    try {
      listener.onClosed(report());
    } finally {
      gone.countDown();
    }
  }

  // ---- the writer thread ----

  private void write() {
    try {
      link.carry(outbound);
      leave("its host has closed it");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      leave("the writer was interrupted");
    }
  }

  // ---- any thread ----

  private void failed(Throwable problem) {
    if (problem instanceof ProtocolError error) {
      listener.onViolation(error);
    } else if (!(problem instanceof LinkEnded)) {
      LOG.error("runner {}: the host failed on what it said", runnerId, problem);
    }
    leave(
        problem instanceof LinkEnded over
            ? over
            : new LinkEnded(
                problem instanceof ProtocolError error
                    ? "it broke " + error.rule()
                    : "the host failed on what it said: " + problem));
  }

  private void leave(String why) {
    leave(new LinkEnded(why));
  }

  private void leave(LinkEnded why) {
    synchronized (this) {
      // Whoever closes, whoever kills and what the link comes to race here; the first one tells.
      if (end == null) {
        end = why;
      }
    }
    link.leave();
  }

  private synchronized ExitReport report() {
    return (end == null ? new LinkEnded("its link ended") : end).report();
  }

  /** Gives it up: what cannot be done to the runner is left to it. */
  @Override
  public void kill(String why) {
    leave("it was given up: " + why);
  }

  @Override
  public void close(Duration limit) {
    if (!awaitGone(limit)) {
      kill("it did not take over what was sent within " + limit);
      if (!awaitGone(limit)) {
        LOG.warn("runner {}: its link is still there after it was given up", runnerId);
      }
    }
  }

  private boolean awaitGone(Duration limit) {
    boolean interrupted = false;
    long end = System.nanoTime() + limit.toNanos();
    try {
      while (true) {
        try {
          return gone.await(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** It may run on another machine, and what has its number here is somebody else's then. */
  @Override
  public long pidHere(long told) {
    return 0;
  }

  @Override
  public boolean reaches() {
    return link.reaches();
  }

  /** The link alone: the runner's processes are somebody else's, perhaps on another machine. */
  @Override
  public List<String> evidence() {
    return List.of("attached to " + destination.address(), link.facts());
  }
}
