package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.contract.backend.Row;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.TransportProvider;
import dev.pyvisor.transport.Trust;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameWriter;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.ProtocolError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A transport without a client above it: what a backend promises to whoever implements the other
 * side of its interface.
 *
 * <p>Thread-safe: by its queues and latches; what is to be sent is guarded by this.
 */
final class Wire implements TransportListener, FrameSource, AutoCloseable {
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final Duration SOON = Duration.ofSeconds(10);

  private final BlockingQueue<Frame> frames = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> besides = new LinkedBlockingQueue<>();
  private final AtomicInteger ends = new AtomicInteger();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Deque<Frame> outbound = new ArrayDeque<>(); // guarded by this
  private boolean over; // guarded by this
  private volatile @Nullable ExitReport report;
  private final ThreadRoster threads;
  private final Transport transport;

  private Wire(Row row, Path folder, Path payload) {
    String id = "wire" + NUMBER.incrementAndGet();
    threads = new ThreadRoster(id);
    TransportConfig config =
        new TransportConfig(
            id,
            Optional.of(row.python()),
            Optional.of(payload),
            Optional.empty(),
            Map.of(),
            directory(folder, "private"),
            SOON,
            Trust.STATED,
            row.backend().launcher().map(Sandbox::by).orElse(Sandbox.UNCHOSEN),
            threads,
            row.backend().options(row.python()));
    transport = provider(row.backend().name()).open(config, this, this);
  }

  /** Opens the row's transport with this stub at its other end. */
  static Wire open(Row row, Path folder, String program) {
    return new Wire(row, folder, Stub.payload(directory(folder, "payload"), program));
  }

  /** The stub's and the private one stay apart: a sandbox shows no folder that holds the latter. */
  private static Path directory(Path folder, String name) {
    try {
      return Files.createDirectories(folder.resolve(name));
    } catch (IOException problem) {
      throw new UncheckedIOException("the test's own folder takes nothing", problem);
    }
  }

  private static TransportProvider provider(String name) {
    return ServiceLoader.load(TransportProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(provider -> provider.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("ServiceLoader finds no provider named " + name));
  }

  Transport transport() {
    return transport;
  }

  // ---- what the transport is given ----

  synchronized void send(Frame frame) {
    outbound.add(frame);
    notifyAll();
  }

  /** Nothing more will be sent: the runner's input ends. */
  synchronized void sendNoMore() {
    over = true;
    notifyAll();
  }

  @Override
  public synchronized boolean take(ByteBuffer into) throws InterruptedException {
    while (outbound.isEmpty() && !over) {
      wait();
    }
    if (outbound.isEmpty()) {
      return false;
    }
    while (!outbound.isEmpty() && outbound.peek().size() <= into.remaining()) {
      FrameWriter.write(outbound.remove(), into);
    }
    return true;
  }

  // ---- what the transport tells ----

  @Override
  public void onFrame(Frame frame) {
    if (ends.get() > 0) {
      besides.add(frame.toString());
      return;
    }
    frames.add(frame);
  }

  @Override
  public void onViolation(ProtocolError error) {
    besides.add("violation: " + error.getMessage());
  }

  @Override
  public void onClosed(ExitReport ended) {
    report = ended;
    ends.incrementAndGet();
    sendNoMore();
    closed.countDown();
  }

  /** The next frame. */
  Frame next() throws InterruptedException {
    Frame frame = frames.poll(SOON.toSeconds(), TimeUnit.SECONDS);
    assertThat(frame).as("a frame within %s", SOON).isNotNull();
    return frame;
  }

  List<Frame> next(int count) throws InterruptedException {
    List<Frame> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(next());
    }
    return all;
  }

  /** The frames that were told before the end, if it was told, and not asked for yet. */
  List<Frame> rest() {
    List<Frame> all = new ArrayList<>();
    frames.drainTo(all);
    return all;
  }

  /** Waits until the end has been told. */
  ExitReport end() throws InterruptedException {
    assertThat(closed.await(SOON.toSeconds(), TimeUnit.SECONDS)).as("the end was told").isTrue();
    return told();
  }

  /** What was told of the end, which has been told: the transport's close has returned. */
  ExitReport told() {
    ExitReport told = report;
    assertThat(told).as("what was told of the end").isNotNull();
    return told;
  }

  /** Waits until the transport has nothing left that could tell more. */
  void assertEndedOnceAndForGood() {
    Awaitility.await().atMost(SOON).until(() -> threads.alive().isEmpty());
    assertThat(ends).as("how often the end was told").hasValue(1);
    assertThat(besides).as("what was told besides, or after the end").isEmpty();
  }

  /** Leaves nothing, whatever the test has shown. */
  @Override
  public void close() {
    sendNoMore();
    transport.kill("the test is over");
    transport.close(Duration.ofMillis(500));
  }

  static String text(Frame frame) {
    return new String(frame.body(), StandardCharsets.UTF_8);
  }

  /** A frame that is nobody's, with a number in it. */
  static Frame ping(int number) {
    return Frame.ping(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
  }

  /**
   * So many frames of the largest size, there all at once: the first write of a transport that
   * takes more than one of them is then more than a pipe holds.
   */
  synchronized void sendLarge(int count) {
    for (int i = 0; i < count; i++) {
      send(Frame.pong(new byte[Limits.FRAME_BODY]));
    }
  }
}
