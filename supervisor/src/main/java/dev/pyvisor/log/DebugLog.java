package dev.pyvisor.log;

import dev.pyvisor.transport.ThreadJob;
import dev.pyvisor.transport.ThreadRoster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A log of what one client does, for whoever has to find out later: a line of JSON an event. Nobody
 * who tells it something waits, and nothing that becomes of the file changes what the client does:
 * a log that cannot be opened or written is told once as a warning, and is off from then on.
 *
 * <p>Thread-safe: the queue guards itself; only the thread that writes has the file.
 */
public final class DebugLog {
  private static final Logger LOG = LoggerFactory.getLogger(DebugLog.class);
  private static final DebugLog OFF = new DebugLog(null);

  private final @Nullable LogQueue queue;
  private @Nullable Thread writer; // written once, before anybody else has the log

  private DebugLog(@Nullable LogQueue queue) {
    this.queue = queue;
  }

  /**
   * What takes lines.
   *
   * <p>Confined to the thread that writes.
   */
  interface Sink extends AutoCloseable {
    void write(List<LogLine> lines) throws IOException;

    @Override
    void close() throws IOException;
  }

  /**
   * Opens what takes lines.
   *
   * <p>Thread-safe: called once.
   */
  interface Opener {
    Sink open() throws IOException;
  }

  /** One that nothing is told. */
  public static DebugLog off() {
    return OFF;
  }

  /**
   * One that goes to a file, which is opened on a thread of its own.
   *
   * @param environment the variables that cells are given; secrets among them are not written
   */
  public static DebugLog to(Path file, Map<String, String> environment, ThreadRoster threads) {
    Secrets secrets = Secrets.among(environment);
    return to(
        () -> sink(LogFile.open(file), secrets),
        threads,
        why -> LOG.warn("there is no debug log in {} from now on: {}", file, why));
  }

  /** {@code warning}: is told once, when there is no log any more. */
  static DebugLog to(Opener opener, ThreadRoster threads, Consumer<String> warning) {
    LogQueue queue = new LogQueue();
    DebugLog log = new DebugLog(queue);
    log.writer = threads.start(ThreadJob.DEBUG_LOG, () -> write(opener, queue, warning));
    return log;
  }

  private static Sink sink(LogFile file, Secrets secrets) {
    return new Sink() {
      @Override
      public void write(List<LogLine> lines) throws IOException {
        file.refresh();
        for (LogLine line : lines) {
          file.write(line.bytes(secrets));
        }
      }

      @Override
      public void close() throws IOException {
        file.close();
      }
    };
  }

  /** Whether there is any use in telling it something. */
  public boolean isOn() {
    return queue != null && !queue.isClosed();
  }

  /** Tells it something. Never waits and never throws; what cannot be told is counted. */
  public void note(LogEvent event, Consumer<Facts> facts) {
    LogQueue open = queue;
    if (open == null) {
      return;
    }
    Facts found = new Facts();
    try {
      facts.accept(found);
    } catch (RuntimeException | StackOverflowError broken) {
      // What a guest has sent may be of any shape; its cell must not end by our looking at it.
      open.missed();
      return;
    }
    open.offer(Instant.now(), event, found);
  }

  /**
   * Tells it the last event, and waits until everything is written or the time is over. What is not
   * written by then may still be, as long as the JVM lives.
   */
  public void close(LogEvent last, Consumer<Facts> facts, Duration limit) {
    LogQueue open = queue;
    Thread writing = writer;
    if (open == null || writing == null) {
      return;
    }
    Facts found = new Facts();
    facts.accept(found);
    open.close(Instant.now(), last, found);
    try {
      writing.join(limit.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- on the thread that writes ----

  private static void write(Opener opener, LogQueue queue, Consumer<String> warning) {
    try (Sink sink = opener.open()) {
      for (List<LogLine> lines = queue.take(); !lines.isEmpty(); lines = queue.take()) {
        sink.write(lines);
      }
    } catch (IOException | RuntimeException | Error problem) {
      queue.giveUp(); // first: whoever reads the warning finds it off
      warning.accept(problem.toString());
    } catch (InterruptedException nobodyDoes) {
      Thread.currentThread().interrupt();
    } finally {
      queue.giveUp();
    }
  }
}
