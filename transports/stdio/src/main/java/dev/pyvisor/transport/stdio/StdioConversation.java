package dev.pyvisor.transport.stdio;

import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.ThreadJob;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.process.Conversation;
import dev.pyvisor.transport.process.ProcessTransport;
import dev.pyvisor.transport.stdio.HostVerbs.Registration;
import dev.pyvisor.wire.FrameReader;
import dev.pyvisor.wire.Limits;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frames on the host's side, lines on the peer's, and who waits for what: the reader for lines, the
 * writer for lines to write, the translator thread for frames. A peer that does not read stops the
 * writer and nobody else, so the host's pings are answered however long a cell keeps the peer from
 * its input.
 *
 * <p>Thread-safe: by its parts.
 */
final class StdioConversation implements Conversation {
  private static final Logger LOG = LoggerFactory.getLogger(StdioConversation.class);

  private final TransportConfig config;
  private final FrameSource outbound;
  private final Supplier<String> marks;
  private final Supplier<String> silence;
  private final LineQueue lines = new LineQueue();
  private final LineCutter cutter = new LineCutter(StdioLimits.LINE); // the reader's
  private final Courier courier;
  private final Translator translator;
  private final PeerEar peer;
  private volatile @Nullable ProcessTransport process; // written before any thread is started

  /**
   * {@code workspace}: where the peer is started; {@code marks}: makes texts that nobody can guess;
   * {@code silence}: why a peer ended that said nothing at all.
   */
  StdioConversation(
      TransportConfig config,
      FrameSource outbound,
      TransportListener listener,
      String workspace,
      Registration registration,
      Supplier<String> marks,
      Supplier<String> silence) {
    this.config = config;
    this.outbound = outbound;
    this.marks = marks;
    this.silence = silence;
    this.courier = new Courier(listener::onFrame);
    this.translator =
        new Translator(lines, courier::add, workspace, registration, System::nanoTime);
    this.peer = new PeerEar(translator);
  }

  @Override
  public void begin(ProcessTransport started) {
    process = started;
    String incarnation = marks.get();
    courier.add(Voice.hello(started.pid(), incarnation));
    HostEar host = new HostEar(translator, marks, incarnation, started.pid(), System::nanoTime);
    config.threads().start(ThreadJob.TRANSLATOR, () -> translate(host, started));
  }

  /** On each of the three threads, behind whatever it has brought about. */
  private void deliver() {
    try {
      courier.deliver();
    } catch (RuntimeException | Error problem) {
      ProcessTransport started = process;
      if (started != null) {
        started.fail(problem);
      }
    }
  }

  // ---- the translator thread ----

  private void translate(HostEar host, ProcessTransport started) {
    FrameReader frames = new FrameReader();
    ByteBuffer buffer = ByteBuffer.allocate(2 * Limits.FRAME);
    try {
      deliver();
      while (outbound.take(buffer)) {
        frames.feed(buffer.flip(), host::take);
        buffer.clear();
        deliver();
      }
      translator.hostEnded();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      started.kill("the translator was interrupted");
    } catch (RuntimeException | Error problem) {
      started.fail(problem);
    } finally {
      lines.end();
    }
  }

  // ---- the reader thread ----

  @Override
  public void heard(ByteBuffer bytes) {
    translator.readingBegins();
    try {
      cutter.feed(bytes, peer::line);
    } finally {
      deliver();
      translator.readingEnds();
    }
  }

  @Override
  public void ended() {
    if (cutter.kept() > 0) {
      LOG.debug("runner {}: {} bytes of a line were cut off", config.runnerId(), cutter.kept());
    }
  }

  // ---- the writer thread ----

  @Override
  public boolean take(ByteBuffer into) throws InterruptedException {
    boolean more = lines.take(into);
    translator.drained();
    deliver();
    return more;
  }

  // ---- the thread that watches for the exit ----

  @Override
  public void over() {
    try {
      // What a peer answered before it died counts; the host may take its output slowly.
      long limit = StdioLimits.LAST_WORDS.toNanos();
      if (translator.awaitTold(limit)) {
        deliver();
        courier.awaitIdle(limit);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    courier.end();
  }

  @Override
  public String reason(int status) {
    return peer.understood() || status == 0 ? "it ended" : silence.get();
  }

  @Override
  public boolean leavesNothing() {
    // Strangers do as they like.
    return false;
  }

  @Override
  public List<String> evidence() {
    List<String> facts = new ArrayList<>(translator.evidence());
    String garbage = peer.garbage();
    if (!garbage.isEmpty()) {
      facts.add("stdout, besides the dialect: " + garbage);
    }
    return facts;
  }
}
