package dev.pyvisor.transport.websocket;

import dev.pyvisor.Defaults;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.ThreadJob;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.launch.LaunchPlan;
import dev.pyvisor.transport.process.Conversation;
import dev.pyvisor.transport.process.LocalBackend;
import dev.pyvisor.transport.process.ProcessTransport;
import dev.pyvisor.wire.ProtocolError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Proxy;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A listening runner that this host has started: over its standard streams it says where it
 * listens, and its input is the leash that ends it. All else goes over the link.
 *
 * <p>Thread-safe: what it said is the reader's; the rest is final, or set before other threads are
 * there.
 */
final class LinkConversation implements Conversation {
  private static final Pattern LISTENING = Pattern.compile("\"listening\": ?\"([^\"]+)\"");
  private static final int LINE_MAX = 4_096;

  /**
   * What the runner knows its host by.
   *
   * <p>Immutable.
   *
   * @param file where it reads that once, before it says that it listens
   */
  record Token(String text, Path file) {
    /** No code of the user's may find it. */
    void forget() {
      try {
        Files.deleteIfExists(file);
      } catch (IOException problem) {
        throw new UncheckedIOException("the token's file cannot be removed", problem);
      }
    }

    @Override
    public String toString() {
      return "Token[" + file + "]";
    }
  }

  private final Token token;
  private final LaunchPlan plan;
  private final FrameSource outbound;
  private final ThreadRoster threads;
  private final HostLink link;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private @Nullable ProcessTransport process; // set by begin
  private volatile boolean listening; // written by the reader

  LinkConversation(
      String runnerId,
      Token token,
      Proxy proxy,
      LaunchPlan plan,
      FrameSource outbound,
      TransportListener listener,
      ThreadRoster threads) {
    this.token = token;
    this.plan = plan;
    this.outbound = outbound;
    this.threads = threads;
    this.link =
        new HostLink(
            runnerId,
            Dialler.Line.plain(token.text(), proxy),
            Manner.ofOurOwn(proxy),
            listener,
            this::fail);
  }

  private void fail(Throwable problem) {
    ProcessTransport started = process;
    if (started != null && problem instanceof LinkEnded) {
      started.kill(String.valueOf(problem.getMessage()));
    } else if (started != null) {
      started.fail(problem);
    }
  }

  @Override
  public void begin(ProcessTransport started) {
    process = started;
    threads.start(ThreadJob.LINK, link::run);
  }

  @Override
  public void heard(ByteBuffer bytes) {
    if (listening) {
      return; // a program of the user's that writes to the runner's own output is nobody's
    }
    byte[] data = new byte[bytes.remaining()];
    bytes.get(data);
    said.writeBytes(data);
    String text = said.toString(StandardCharsets.UTF_8);
    if (text.indexOf('\n') >= 0) {
      Matcher line = LISTENING.matcher(text);
      if (!line.find()) {
        throw new ProtocolError("REC-5", "it does not say where it listens", said.toByteArray());
      }
      listening = true;
      token.forget();
      link.listensAt(URI.create("ws://" + line.group(1) + Destination.PATH));
    } else if (said.size() > LINE_MAX) {
      throw new ProtocolError("REC-5", "a first line without end", said.toByteArray());
    }
  }

  @Override
  public void ended() {}

  /** Carries frames to the link until there will be no more; then the leash is let go. */
  @Override
  public boolean take(ByteBuffer into) throws InterruptedException {
    link.carry(outbound);
    return false;
  }

  @Override
  public void over() {
    try {
      link.awaitCut(Defaults.EXIT_DRAIN.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    link.end();
  }

  @Override
  public String reason(int status) {
    return listening || status == 0
        ? "it ended"
        : LocalBackend.complaint(plan).orElse("it ended before it listened");
  }

  @Override
  public boolean reaches() {
    return link.reaches();
  }

  @Override
  public List<String> evidence() {
    return List.of(link.facts());
  }
}
