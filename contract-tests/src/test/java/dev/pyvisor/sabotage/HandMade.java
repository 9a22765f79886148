package dev.pyvisor.sabotage;

import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.runner.RunnerPayload;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.RunnerTag;
import dev.pyvisor.transport.ThreadJob;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameReader;
import dev.pyvisor.wire.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The pipe backend as one would write it in an afternoon. As it stands it does what the contracts
 * ask of it; each of its parts can be replaced by one that does not.
 *
 * <p>Thread-safe: by final fields and latches; the reason is guarded by this.
 */
class HandMade implements Transport {
  private static final Duration DRAIN = Duration.ofMillis(250);

  final Process process;
  final FrameSource outbound;
  final TransportListener listener;
  final CountDownLatch readerDone = new CountDownLatch(1);
  private final CountDownLatch gone = new CountDownLatch(1);
  private final CountDownLatch drained = new CountDownLatch(1);
  private final TransportConfig config;
  private volatile String lastWords = ""; // written by the drain
  private String reason = ""; // guarded by this

  HandMade(TransportConfig config, FrameSource outbound, TransportListener listener) {
    this.config = config;
    this.outbound = outbound;
    this.listener = listener;
    this.process = launch(config);
  }

  HandMade start() {
    config.threads().start(ThreadJob.READER, this::readAll);
    config.threads().start(ThreadJob.WRITER, this::writeAll);
    config.threads().start(ThreadJob.STDERR, this::drainAll);
    config.threads().start(ThreadJob.EXIT_WATCH, this::watch);
    return this;
  }

  private static Process launch(TransportConfig config) {
    try {
      Path payload =
          config.payload().isPresent()
              ? config.payload().get()
              : RunnerPayload.unpack(RunnerPayload.defaultCache());
      ProcessBuilder builder =
          new ProcessBuilder(
                  config.python().orElseThrow().toString(),
                  "-I",
                  "-S",
                  payload.resolve("__main__.py").toString(),
                  "supervisor")
              .directory(config.privateDirectory().toFile());
      builder.environment().putAll(config.environment());
      builder.environment().put(RunnerTag.NAME, config.runnerId());
      builder.environment().put(RunnerTag.DIRECTORY, config.privateDirectory().toString());
      return builder.start();
    } catch (IOException problem) {
      throw new LaunchFailed(config.runnerId(), problem.toString());
    }
  }

  // ---- the parts ----

  /** Hands over what comes until nothing more does. */
  void read(InputStream in) throws IOException, InterruptedException {
    FrameReader frames = new FrameReader();
    byte[] buffer = new byte[Limits.FRAME];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      feed(frames, buffer, count);
    }
  }

  void feed(FrameReader frames, byte[] buffer, int count) throws InterruptedException {
    frames.feed(ByteBuffer.wrap(buffer, 0, count), this::hear);
  }

  void hear(Frame frame) {
    listener.onFrame(frame);
  }

  /** Writes what there is until nothing more will be. */
  void write(OutputStream out) throws IOException, InterruptedException {
    ByteBuffer buffer = ByteBuffer.allocate(2 * Limits.FRAME);
    while (outbound.take(buffer)) {
      out.write(buffer.array(), 0, buffer.position());
      out.flush();
      buffer.clear();
    }
  }

  void drain(InputStream in) throws IOException {
    byte[] all = in.readAllBytes();
    int from = Math.max(0, all.length - 2000);
    lastWords = new String(all, from, all.length - from, StandardCharsets.UTF_8);
  }

  /** Between the exit of the process and the word of it. */
  void awaitReader() throws InterruptedException {
    readerDone.await(DRAIN.toMillis(), TimeUnit.MILLISECONDS);
    drained.await(DRAIN.toMillis(), TimeUnit.MILLISECONDS);
  }

  // ---- what drives them ----

  private void readAll() {
    try (InputStream in = process.getInputStream()) {
      read(in);
    } catch (IOException | InterruptedException ended) {
      kill("reading ended: " + ended);
    } catch (dev.pyvisor.wire.ProtocolError error) {
      listener.onViolation(error);
      kill("it broke " + error.rule());
    } finally {
      readerDone.countDown();
    }
    killUnlessExited();
  }

  private void writeAll() {
    try (OutputStream out = process.getOutputStream()) {
      write(out);
    } catch (IOException | InterruptedException ended) {
      killUnlessExited();
    }
  }

  private void drainAll() {
    try (InputStream in = process.getErrorStream()) {
      drain(in);
    } catch (IOException ended) {
      return;
    } finally {
      drained.countDown();
    }
  }

  private void watch() {
    try {
      int status = process.waitFor();
      awaitReader();
      listener.onClosed(new ExitReport(text(), OptionalInt.of(status), lastWords));
      if (status != 0) {
        sweep();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      gone.countDown();
    }
  }

  /** What the runner started and could not end itself. */
  private void sweep() {
    String tag = "\0" + RunnerTag.NAME + "=" + config.runnerId() + "\0";
    ProcessHandle.allProcesses()
        .filter(process -> ("\0" + environment(process.pid())).contains(tag))
        .forEach(ProcessHandle::destroyForcibly);
  }

  private static String environment(long pid) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(pid), "environ"));
    } catch (IOException hidden) {
      return "";
    }
  }

  private void killUnlessExited() {
    try {
      if (!process.waitFor(DRAIN.toMillis(), TimeUnit.MILLISECONDS)) {
        kill("its streams ended while it lived");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized String text() {
    return reason.isEmpty() ? "it ended" : "it was killed: " + reason;
  }

  // ---- its interface ----

  @Override
  public void kill(String why) {
    synchronized (this) {
      reason = reason.isEmpty() ? why : reason;
    }
    process.toHandle().destroyForcibly();
  }

  @Override
  public void close(Duration limit) {
    if (!ended(limit)) {
      kill("it did not end within " + limit);
      ended(limit);
    }
  }

  private boolean ended(Duration limit) {
    try {
      return gone.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public List<String> evidence() {
    return List.of("process " + process.pid());
  }
}
