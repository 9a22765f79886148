package dev.pyvisor.transport.process;

import dev.pyvisor.Defaults;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.ThreadJob;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.launch.LaunchPlan;
import dev.pyvisor.transport.launch.Reaper;
import dev.pyvisor.transport.launch.Spawner;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.ProtocolError;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A runner as a child process, whatever is said over its streams.
 *
 * <p>The streams of {@link Process} have sharp edges, and this class keeps off them: a thread
 * blocked in a read is freed by nothing but the peer, {@code Process.destroy*} closes the child's
 * input and so waits for a blocked writer, and closing a stream that another thread uses may hang.
 * So each stream has one thread that alone touches it, from the first byte to closing it; all are
 * daemons and nothing waits for their end without a limit. A kill is a signal through {@link
 * ProcessHandle}. Death is an exit status; the end of a stream is a hint that starts a short grace.
 *
 * <p>Thread-safe: by final fields, latches and one lock for the first reason to kill.
 */
public final class ProcessTransport implements Transport {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessTransport.class);
  private static final int READ_SIZE = Limits.FRAME;
  private static final int WRITE_SIZE = 2 * Limits.FRAME;

  private final String runnerId;
  private final Process process;
  private final Reaper reaper;
  private final ProcessHandle handle;
  private final Conversation conversation;
  private final TransportListener listener;
  private final StderrRing stderr = new StderrRing();
  private final CountDownLatch readerDone = new CountDownLatch(1);
  private final CountDownLatch stderrDone = new CountDownLatch(1);
  private final CountDownLatch gone = new CountDownLatch(1);
  private final List<ThreadJob> begun = new ArrayList<>(); // the opening thread's
  private volatile boolean over; // written by the exit watch: the reader hands over nothing more
  private @Nullable String killReason; // guarded by this
  private List<ProcessHandle> doomed = List.of(); // guarded by this

  private ProcessTransport(
      String runnerId,
      Process process,
      Reaper reaper,
      Conversation conversation,
      TransportListener listener) {
    this.runnerId = runnerId;
    this.process = process;
    this.reaper = reaper;
    this.handle = process.toHandle();
    this.conversation = conversation;
    this.listener = listener;
  }

  /**
   * Starts a process and its threads.
   *
   * @throws LaunchFailed when it cannot be started; then nothing is left of it, and where it had
   *     begun the listener is told of its end
   */
  public static ProcessTransport start(
      LaunchPlan plan,
      TransportConfig config,
      Conversation conversation,
      TransportListener listener) {
    Process process;
    Reaper reaper = new Reaper(plan.remains());
    try {
      reaper.arm(config.privateDirectory(), config.startTimeout());
      process = Spawner.start(plan.builder(), config.startTimeout());
    } catch (IOException problem) {
      reaper.clean();
      throw failed(plan, config, problem);
    }
    ProcessTransport transport =
        new ProcessTransport(config.runnerId(), process, reaper, conversation, listener);
    try {
      transport.begin(config.threads());
    } catch (RuntimeException | Error problem) {
      transport.abort("its threads could not be started: " + problem);
      throw failed(plan, config, problem);
    }
    return transport;
  }

  private static LaunchFailed failed(LaunchPlan plan, TransportConfig config, Throwable problem) {
    return new LaunchFailed(
        config.runnerId(),
        plan.command().get(0) + " could not be started: " + problem.getMessage(),
        problem);
  }

  private void begin(ThreadRoster threads) {
    conversation.begin(this);
    start(threads, ThreadJob.STDERR, this::drainStderr);
    start(threads, ThreadJob.READER, this::read);
    start(threads, ThreadJob.WRITER, this::write);
    start(threads, ThreadJob.EXIT_WATCH, this::watchExit);
  }

  private void start(ThreadRoster threads, ThreadJob job, Runnable work) {
    threads.start(job, work);
    begun.add(job);
  }

  /** Not all of its threads are there: the process ends, and this thread stands in for the rest. */
  private void abort(String reason) {
    kill(reason);
    if (!begun.contains(ThreadJob.STDERR)) {
      close(process.getErrorStream());
      stderrDone.countDown();
    }
    if (!begun.contains(ThreadJob.READER)) {
      close(process.getInputStream());
      readerDone.countDown();
    }
    if (!begun.contains(ThreadJob.WRITER)) {
      close(process.getOutputStream());
    }
    if (exitsWithin(Defaults.BURIAL_LIMIT)) {
      bury(process.exitValue());
    } else {
      LOG.warn("runner {}: process {} is still there after a kill", runnerId, handle.pid());
    }
  }

  private void close(Closeable stream) {
    try {
      stream.close();
    } catch (IOException problem) {
      LOG.debug("runner {}: closing failed: {}", runnerId, problem.toString());
    }
  }

  /** An interrupt does not shorten it but is kept. */
  private boolean exitsWithin(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return process.waitFor(end - System.nanoTime(), TimeUnit.NANOSECONDS);
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

  // ---- the reader thread ----

  private void read() {
    byte[] buffer = new byte[READ_SIZE];
    boolean broken = false;
    try (InputStream in = process.getInputStream()) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        // After a violation the stream is still drained, so that nobody blocks on it.
        broken = broken || over || !hear(ByteBuffer.wrap(buffer, 0, count));
      }
      if (!broken) {
        conversation.ended();
      }
    } catch (IOException problem) {
      LOG.debug("runner {}: reading ended: {}", runnerId, problem.toString());
    } finally {
      readerDone.countDown();
    }
    killUnlessExited("its output ended while it lived");
  }

  private boolean hear(ByteBuffer bytes) {
    try {
      conversation.heard(bytes);
      return true;
    } catch (RuntimeException | Error problem) {
      fail(problem);
      return false;
    }
  }

  // ---- the writer thread ----

  private void write() {
    ByteBuffer buffer = ByteBuffer.allocate(WRITE_SIZE);
    try (OutputStream out = process.getOutputStream()) {
      while (conversation.take(buffer)) {
        out.write(buffer.array(), 0, buffer.position());
        out.flush();
        buffer.clear();
      }
    } catch (IOException problem) {
      LOG.debug("runner {}: writing ended: {}", runnerId, problem.toString());
      killUnlessExited("its input broke: " + problem.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      kill("the writer was interrupted");
    }
  }

  // ---- the stderr thread ----

  private void drainStderr() {
    byte[] buffer = new byte[READ_SIZE];
    try (InputStream in = process.getErrorStream()) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        stderr.add(buffer, count);
      }
    } catch (IOException problem) {
      LOG.debug("runner {}: stderr ended: {}", runnerId, problem.toString());
    } finally {
      stderrDone.countDown();
    }
  }

  // ---- the exit watch ----

  private void watchExit() {
    bury(awaitExit());
  }

  /** It has exited: what it leaves is heard, told and removed. */
  private void bury(int status) {
    long end = System.nanoTime() + Defaults.EXIT_DRAIN.toNanos();
    awaitUntil(readerDone, end);
    awaitUntil(stderrDone, end);
    over = true;
    conversation.over();
    String reason = reason(status);
    try {
      // First of all: everything that waits for the runner waits for this.
      listener.onClosed(
          new ExitReport(reason, OptionalInt.of(status), stderr.tail(Defaults.STDERR_KEPT)));
      if (status != 0 || !conversation.leavesNothing()) {
        sweep();
      }
      reaper.clean();
    } finally {
      gone.countDown();
    }
  }

  private int awaitExit() {
    while (true) {
      try {
        return process.waitFor();
      } catch (InterruptedException e) {
        // Nobody has a reason to interrupt it, and everything that waits for the runner waits for
        // it.
      }
    }
  }

  private String reason(int status) {
    String killed = killReason();
    return killed != null ? "it was killed: " + killed : conversation.reason(status);
  }

  /** What the runner did not end itself, for example because it was killed. */
  private void sweep() {
    List<Long> left = TaggedProcesses.sweep(runnerId, doomed());
    if (!left.isEmpty()) {
      LOG.warn("runner {}: these processes could not be killed: {}", runnerId, left);
    }
  }

  // ---- any thread ----

  /** The process's number on this machine. */
  public long pid() {
    return handle.pid();
  }

  /**
   * Kills the process for what hearing it, or handing over what it said, came to: a broken rule, or
   * a defect of this side.
   */
  public void fail(Throwable problem) {
    if (problem instanceof ProtocolError error) {
      listener.onViolation(error);
      kill("it broke " + error.rule());
    } else {
      LOG.error("runner {}: the host failed on what it said", runnerId, problem);
      kill("the host failed on what it said: " + problem);
    }
  }

  @Override
  public void kill(String reason) {
    // Reader, writer, timer and close race here; the first reason counts, and one signal is enough.
    synchronized (this) {
      if (killReason != null) {
        return;
      }
      killReason = reason;
      // Before the kill: afterwards they are nobody's descendants any more.
      doomed = handle.descendants().toList();
    }
    handle.destroyForcibly();
  }

  @Override
  public void close(Duration limit) {
    if (awaitUntil(gone, System.nanoTime() + limit.toNanos())) {
      return;
    }
    kill("it did not end within " + limit + " of being asked to");
    if (!awaitUntil(gone, System.nanoTime() + limit.toNanos())) {
      LOG.warn("runner {}: process {} is still there after a kill", runnerId, handle.pid());
    }
  }

  @Override
  public long pidHere(long told) {
    if (told == handle.pid()) {
      return told;
    }
    // First in a sandbox: what is told from inside may be the number of another process below here.
    return NestedPids.find(handle, runnerId, told)
        .orElseGet(() -> handle.descendants().anyMatch(below -> below.pid() == told) ? told : 0);
  }

  @Override
  public boolean reaches() {
    return conversation.reaches();
  }

  @Override
  public List<String> evidence() {
    List<String> facts = new ArrayList<>();
    facts.add(
        "process "
            + handle.pid()
            + " alive="
            + handle.isAlive()
            + " reader done="
            + (readerDone.getCount() == 0)
            + " kill reason="
            + killReason());
    facts.add(
        "stderr (" + stderr.written() + " bytes in all): " + stderr.tail(Defaults.STDERR_QUOTED));
    facts.addAll(conversation.evidence());
    return facts;
  }

  /** The process has a moment to follow its stream; then it is broken. */
  private void killUnlessExited(String reason) {
    try {
      if (!process.waitFor(Defaults.END_GRACE.toNanos(), TimeUnit.NANOSECONDS)) {
        kill(reason);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      kill(reason);
    }
  }

  private synchronized @Nullable String killReason() {
    return killReason;
  }

  private synchronized List<ProcessHandle> doomed() {
    return doomed;
  }

  /** Waits; an interrupt does not shorten it but is kept. */
  private static boolean awaitUntil(CountDownLatch latch, long end) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return latch.await(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
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
}
