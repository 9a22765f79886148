package dev.pyvisor.contract.chaos;

import dev.pyvisor.contract.chaos.Cut.Direction;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.chaos.Fault.Tap;
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
import org.jspecify.annotations.Nullable;

/**
 * A SOCKS 5 proxy on loopback that passes bytes on as they are, in their order, but for what a
 * {@link Fault} does to a connection: {@link Cut} ends it after a number of bytes, {@link Slow}
 * delays, {@link Valve} holds everything back for a while, {@link Messages} decides by what is
 * said. A host is sent through it by {@code websocket.proxy}.
 *
 * <p>Thread-safe: by concurrent collections; each direction of a connection has a thread of its
 * own.
 */
public final class ChaosProxy implements AutoCloseable {
  private static final int VERSION = 5;
  private static final int IPV4 = 1;
  private static final int BUFFER = 65_536;

  private final ServerSocket listening;
  private final IntFunction<? extends Fault> faults;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final Set<Thread> working = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger cut = new AtomicInteger();
  private final AtomicLong toHost = new AtomicLong();
  private volatile @Nullable InetSocketAddress target;

  /** {@code faults}: for each connection, from 1 on, what is done to it. */
  public ChaosProxy(IntFunction<? extends Fault> faults) throws IOException {
    this.faults = faults;
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

  /** Where the last connection went; null before there was one. */
  public @Nullable InetSocketAddress target() {
    return target;
  }

  /** Bytes that reached the host. */
  public long bytesToHost() {
    return toHost.get();
  }

  /** Ends every connection that there is now; together they count as one cut. */
  public void sever(How how) {
    for (Socket socket : open) {
      end(how, socket);
    }
    cut.incrementAndGet();
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
      InetSocketAddress wanted = handshake(host);
      try (Socket runner = new Socket()) {
        open.add(runner);
        runner.connect(wanted);
        target = wanted;
        runner.setTcpNoDelay(true);
        host.getOutputStream().write(new byte[] {VERSION, 0, 0, IPV4, 127, 0, 0, 1, 0, 0});
        int number = connections.incrementAndGet();
        Fault fault = faults.apply(number);
        Tap tapUp = fault.tap(number, Direction.TO_RUNNER);
        Thread up =
            daemon(
                "chaos-up-" + host.getPort(), () -> pump(host, runner, tapUp, Direction.TO_RUNNER));
        pump(runner, host, fault.tap(number, Direction.TO_HOST), Direction.TO_HOST);
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

  private void pump(Socket from, Socket to, Tap tap, Direction direction) {
    byte[] buffer = new byte[BUFFER];
    try {
      InputStream in = from.getInputStream();
      Pass line = new Pass(from, to, direction);
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        tap.take(buffer, count, line);
        if (line.over) {
          return;
        }
      }
      end(How.FIN, from, to);
    } catch (IOException | InterruptedException gone) {
      end(How.RST, from, to);
    }
  }

  /** Confined to the thread of its direction. */
  private final class Pass implements Fault.Line {
    private final Socket from;
    private final Socket to;
    private final OutputStream out;
    private final Direction direction;
    private boolean over;

    Pass(Socket from, Socket to, Direction direction) throws IOException {
      this.from = from;
      this.to = to;
      this.direction = direction;
      out = to.getOutputStream();
    }

    @Override
    public void write(byte[] data, int at, int count) throws IOException {
      out.write(data, at, count);
      if (direction == Direction.TO_HOST) {
        toHost.addAndGet(count);
      }
    }

    @Override
    public void cut(How how) {
      over = true;
      cut.incrementAndGet();
      end(how, from, to);
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

  private Thread daemon(String name, Runnable work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } finally {
                working.remove(Thread.currentThread());
              }
            },
            name);
    thread.setDaemon(true);
    working.add(thread);
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
      working.forEach(Thread::interrupt); // a fault may be waiting
    }
  }
}
