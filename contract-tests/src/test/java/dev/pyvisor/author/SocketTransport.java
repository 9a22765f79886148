package dev.pyvisor.author;

import dev.pyvisor.Defaults;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.RunnerTag;
import dev.pyvisor.transport.ThreadJob;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.wire.FrameReader;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.ProtocolError;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * A runner behind a Unix domain socket.
 *
 * <p>Thread-safe: by final fields, latches and a future; the reason is guarded by this.
 */
final class SocketTransport implements Transport {
  private final TransportConfig config;
  private final Process process;
  private final Path address;
  private final FrameSource outbound;
  private final TransportListener listener;
  private final CompletableFuture<SocketChannel> link = new CompletableFuture<>();
  private final CountDownLatch readerDone = new CountDownLatch(1);
  private final CountDownLatch drained = new CountDownLatch(1);
  private final CountDownLatch gone = new CountDownLatch(1);
  private volatile boolean over; // written by the exit watch
  private volatile String complaint = ""; // written by the drain
  private String reason = ""; // guarded by this

  private SocketTransport(
      Process process,
      Path address,
      TransportConfig config,
      FrameSource outbound,
      TransportListener listener) {
    this.process = process;
    this.address = address;
    this.config = config;
    this.outbound = outbound;
    this.listener = listener;
  }

  static SocketTransport start(
      ProcessBuilder runner,
      Path address,
      TransportConfig config,
      FrameSource outbound,
      TransportListener listener)
      throws IOException {
    ServerSocketChannel door = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      door.bind(UnixDomainSocketAddress.of(address));
      Process process = runner.start();
      process.getOutputStream().close();
      SocketTransport transport = new SocketTransport(process, address, config, outbound, listener);
      config.threads().start(ThreadJob.READER, () -> transport.read(door));
      config.threads().start(ThreadJob.WRITER, transport::write);
      config.threads().start(ThreadJob.STDERR, transport::drain);
      config.threads().start(ThreadJob.EXIT_WATCH, () -> transport.watch(door));
      return transport;
    } catch (IOException problem) {
      door.close();
      Files.deleteIfExists(address);
      throw problem;
    }
  }

  private void read(ServerSocketChannel door) {
    ByteBuffer buffer = ByteBuffer.allocate(Limits.FRAME);
    FrameReader frames = new FrameReader();
    boolean broken = false;
    try (SocketChannel channel = door.accept()) {
      link.complete(channel);
      while (channel.read(buffer) >= 0) {
        broken = broken || over || !interpret(frames, buffer.flip());
        buffer.clear();
      }
    } catch (IOException ended) {
      link.completeExceptionally(ended); // where the runner ended before it was connected
    } finally {
      readerDone.countDown();
    }
    killUnlessItExits("its output ended while it lived");
  }

  private boolean interpret(FrameReader frames, ByteBuffer bytes) {
    try {
      frames.feed(bytes, listener::onFrame);
      return true;
    } catch (ProtocolError error) {
      listener.onViolation(error);
      kill("it broke " + error.rule());
      return false;
    }
  }

  private void write() {
    ByteBuffer buffer = ByteBuffer.allocate(2 * Limits.FRAME);
    try {
      SocketChannel channel = link.get();
      while (outbound.take(buffer)) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
        buffer.clear();
      }
      channel.shutdownOutput();
    } catch (IOException ended) {
      killUnlessItExits("its input broke: " + ended.getMessage());
    } catch (ExecutionException never) {
      return; // It was never connected; the exit watch tells.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void drain() {
    byte[] buffer = new byte[8192];
    StringBuilder tail = new StringBuilder();
    try (InputStream in = process.getErrorStream()) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        tail.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
        tail.delete(0, Math.max(0, tail.length() - Defaults.STDERR_KEPT));
        complaint = tail.toString();
      }
    } catch (IOException ended) {
      return;
    } finally {
      drained.countDown();
    }
  }

  private void watch(ServerSocketChannel door) {
    try {
      int status = process.waitFor();
      long until = System.nanoTime() + Defaults.EXIT_DRAIN.toNanos();
      if (!link.isDone()) {
        door.close(); // Nobody will come any more.
      }
      readerDone.await(until - System.nanoTime(), TimeUnit.NANOSECONDS);
      drained.await(until - System.nanoTime(), TimeUnit.NANOSECONDS);
      over = true;
      door.close();
      Files.deleteIfExists(address);
      listener.onClosed(new ExitReport(text(), OptionalInt.of(status), complaint));
      closeLink();
      if (status != 0) {
        sweep();
      }
    } catch (IOException | InterruptedException unexpected) {
      throw new IllegalStateException("the end could not be told", unexpected);
    } finally {
      gone.countDown();
    }
  }

  /** A stranger may still hold the other end; the reader must not wait for it. */
  private void closeLink() throws IOException {
    if (link.isDone() && !link.isCompletedExceptionally()) {
      link.join().close();
    }
  }

  private void sweep() {
    String tag = "\0" + RunnerTag.NAME + "=" + config.runnerId() + "\0";
    ProcessHandle.allProcesses()
        .filter(other -> ("\0" + environment(other.pid())).contains(tag))
        .forEach(ProcessHandle::destroyForcibly);
  }

  private static String environment(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/environ"), StandardCharsets.ISO_8859_1);
    } catch (IOException hidden) {
      return "";
    }
  }

  private synchronized String text() {
    return reason.isEmpty() ? "it ended" : "it was killed: " + reason;
  }

  private void killUnlessItExits(String why) {
    try {
      if (!process.waitFor(Defaults.END_GRACE.toNanos(), TimeUnit.NANOSECONDS)) {
        kill(why);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      kill(why);
    }
  }

  @Override
  public void kill(String why) {
    synchronized (this) {
      reason = reason.isEmpty() ? why : reason;
    }
    process.toHandle().destroyForcibly();
  }

  @Override
  public void close(Duration limit) {
    if (!gone(limit)) {
      kill("it did not end within " + limit);
      gone(limit);
    }
  }

  private boolean gone(Duration limit) {
    try {
      return gone.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public List<String> evidence() {
    return List.of(
        "process " + process.pid() + " alive=" + process.isAlive(), "stderr: " + complaint);
  }
}
