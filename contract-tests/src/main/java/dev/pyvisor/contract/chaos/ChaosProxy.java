package dev.pyvisor.contract.chaos;

import dev.pyvisor.contract.chaos.Cut.Direction;
import dev.pyvisor.contract.chaos.Cut.How;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;

/**
 * A SOCKS 5 proxy on loopback that passes bytes on as they are, in their order, until the moment at
 * which a connection is to die.
 *
 * <p>Thread-safe: by concurrent collections; each direction of a connection has a thread of its
 * own.
 */
public final class ChaosProxy implements AutoCloseable {
  private static final int VERSION = 5;
  private static final int IPV4 = 1;
  private static final int BUFFER = 65_536;

  private final ServerSocket listening;
  private final IntFunction<Cut> cuts;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger cut = new AtomicInteger();
  private final AtomicLong toHost = new AtomicLong();

  /** {@code cuts}: for each connection, from 1 on, when it dies. */
  public ChaosProxy(IntFunction<Cut> cuts) throws IOException {
    this.cuts = cuts;
    listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon("chaos-accept", this::accept);
  }

  /** Where it listens, as host and port. */
  public String address() {
    return listening.getInetAddress().getHostAddress() + ":" + listening.getLocalPort();
  }

  /** How many connections were made so far. */
  public int connections() {
    return connections.get();
  }

  /** How many of them were cut. */
  public int cuts() {
    return cut.get();
  }

  /** Bytes that reached the host. */
  public long bytesToHost() {
    return toHost.get();
  }

  private void accept() {
    try {
      while (true) {
        Socket host = listening.accept();
        open.add(host);
        daemon("chaos-" + host.getPort(), () -> serve(host));
      }
    } catch (IOException closed) {
      return;
    }
  }

  private void serve(Socket host) {
    try (host) {
      host.setTcpNoDelay(true);
      InetSocketAddress target = handshake(host);
      try (Socket runner = new Socket()) {
        open.add(runner);
        runner.connect(target);
        runner.setTcpNoDelay(true);
        host.getOutputStream().write(new byte[] {VERSION, 0, 0, IPV4, 127, 0, 0, 1, 0, 0});
        Cut planned = cuts.apply(connections.incrementAndGet());
        Thread up =
            daemon(
                "chaos-up-" + host.getPort(),
                () -> pump(host, runner, planned, Direction.TO_RUNNER));
        pump(runner, host, planned, Direction.TO_HOST);
        up.join();
        open.remove(runner);
      }
    } catch (IOException | InterruptedException ended) {
      return;
    } finally {
      open.remove(host);
    }
  }

  /**
   * The little of SOCKS 5 that a client without a password speaks; returns where it wants to go.
   */
  private static InetSocketAddress handshake(Socket host) throws IOException {
    DataInputStream in = new DataInputStream(host.getInputStream());
    OutputStream out = host.getOutputStream();
    in.readUnsignedByte();
    in.skipNBytes(in.readUnsignedByte());
    out.write(new byte[] {VERSION, 0});
    in.skipNBytes(3);
    int kind = in.readUnsignedByte();
    byte[] name = new byte[kind == IPV4 ? 4 : in.readUnsignedByte()];
    in.readFully(name);
    int port = in.readUnsignedShort();
    return kind == IPV4
        ? new InetSocketAddress(InetAddress.getByAddress(name), port)
        : new InetSocketAddress(new String(name, java.nio.charset.StandardCharsets.US_ASCII), port);
  }

  private void pump(Socket from, Socket to, Cut planned, Direction direction) {
    byte[] buffer = new byte[BUFFER];
    long left = planned.direction() == direction ? planned.after() : Long.MAX_VALUE;
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        int passed = (int) Math.min(count, left);
        out.write(buffer, 0, passed);
        if (direction == Direction.TO_HOST) {
          toHost.addAndGet(passed);
        }
        left -= passed;
        if (left == 0) {
          cut.incrementAndGet();
          end(planned.how(), from, to);
          return;
        }
      }
      end(How.FIN, from, to);
    } catch (IOException gone) {
      end(How.RST, from, to);
    }
  }

  private static void end(How how, Socket... both) {
    for (Socket socket : both) {
      try {
        if (how == How.RST) {
          socket.setSoLinger(true, 0);
        }
        socket.close();
      } catch (IOException alreadyClosed) {
        continue;
      }
    }
  }

  private static Thread daemon(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  @Override
  public void close() {
    try {
      listening.close();
    } catch (IOException alreadyClosed) {
      return;
    } finally {
      open.forEach(socket -> end(How.RST, socket));
    }
  }
}
