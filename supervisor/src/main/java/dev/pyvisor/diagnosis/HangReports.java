package dev.pyvisor.diagnosis;

import dev.pyvisor.Defaults;
import dev.pyvisor.transport.ThreadJob;
import dev.pyvisor.transport.ThreadRoster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the reports of one client, one after another, on a thread of their own that ends when
 * there are none to write. Who asks for one never waits for the runner, nor longer than {@link
 * Defaults#EVIDENCE_LIMIT} for the disk: what is not there by then is not in the folder yet.
 *
 * <p>Thread-safe: by its executor and futures.
 */
public final class HangReports {
  private static final Logger LOG = LoggerFactory.getLogger(HangReports.class);
  private static final long IDLE_SECONDS = 5;

  private final Witness witness;
  private final EvidenceDirectory directory;
  private final ReportFolder.Disk disk;
  private final ThreadPoolExecutor writer;

  public HangReports(Witness witness, Path directory, ThreadRoster threads) {
    this(witness, directory, threads, ReportFolder.Disk.REAL);
  }

  HangReports(Witness witness, Path directory, ThreadRoster threads, ReportFolder.Disk disk) {
    this.witness = witness;
    this.directory = new EvidenceDirectory(directory);
    this.disk = disk;
    this.writer =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(Defaults.QUEUED_REPORTS),
            threads.factory(ThreadJob.EVIDENCE));
    writer.allowCoreThreadTimeOut(true);
  }

  /**
   * Writes a report, now or behind those that were asked for before.
   *
   * @param reason why, for its reader
   * @return its folder, when it is complete or its time is over; fails with an {@link
   *     UncheckedIOException} where no folder can be made, with an {@link IllegalStateException}
   *     where too many are asked for or the client is closed
   */
  public CompletableFuture<Path> write(String reason) {
    return write(reason, null, Defaults.EVIDENCE_LIMIT);
  }

  /** The same for who would rather wait longer than have an incomplete folder. */
  CompletableFuture<Path> write(String reason, Duration limit) {
    return write(reason, null, limit);
  }

  /**
   * Writes a report around facts that the supervisor has told by itself; returns at once.
   *
   * @param notification the params of the notification {@code evidence}, as JSON
   */
  public void told(String notification) {
    write("a cell does not heed its interrupts", notification, Defaults.EVIDENCE_LIMIT);
  }

  private CompletableFuture<Path> write(String reason, @Nullable String facts, Duration limit) {
    CompletableFuture<Path> begun = new CompletableFuture<>();
    CompletableFuture<Path> done = new CompletableFuture<>();
    begun.whenComplete(
        (folder, failure) -> {
          if (failure != null) {
            done.completeExceptionally(failure);
          }
        });
    try {
      writer.execute(new Asked(reason, facts, begun, done));
    } catch (RejectedExecutionException refused) {
      done.completeExceptionally(
          notWritten(
              reason,
              "the client is closed, or " + Defaults.QUEUED_REPORTS + " reports already wait"));
    }
    return done.orTimeout(limit.toNanos(), TimeUnit.NANOSECONDS)
        .exceptionallyCompose(failure -> partial(failure, begun, limit));
  }

  /** After the limit: the folder as it is. */
  private CompletableFuture<Path> partial(
      Throwable failure, CompletableFuture<Path> begun, Duration limit) {
    if (failure instanceof TimeoutException && begun.isDone()) {
      return begun;
    }
    return CompletableFuture.failedFuture(
        failure instanceof TimeoutException
            ? new UncheckedIOException(
                new IOException("no folder for a hang report within " + limit))
            : failure);
  }

  /**
   * The report that is being written and the one behind it, which may have been asked for a moment
   * ago, are still written. Those behind them are not, and their futures fail: a client that has
   * ended is not to keep the machine busy for many more seconds.
   */
  public void close() {
    writer.shutdown();
    List<Runnable> waiting = new ArrayList<>(writer.getQueue());
    for (Runnable behind : waiting.subList(Math.min(1, waiting.size()), waiting.size())) {
      if (writer.remove(behind)) {
        ((Asked) behind).refuse();
      }
    }
  }

  private static IllegalStateException notWritten(String reason, String why) {
    return new IllegalStateException("no hang report for " + reason + ": " + why);
  }

  /** A report that waits for its turn. */
  private final class Asked implements Runnable {
    private final String reason;
    private final @Nullable String facts;
    private final CompletableFuture<Path> begun;
    private final CompletableFuture<Path> done;

    Asked(
        String reason,
        @Nullable String facts,
        CompletableFuture<Path> begun,
        CompletableFuture<Path> done) {
      this.reason = reason;
      this.facts = facts;
      this.begun = begun;
      this.done = done;
    }

    @Override
    public void run() {
      try {
        ReportFolder folder =
            new ReportFolder(directory.create(witness.runnerId(), Instant.now()), disk);
        begun.complete(folder.path());
        String verdict = new HangReport(witness, reason, facts, folder).write();
        LOG.warn(
            "runner {}: {}; hang report in {}: {}",
            witness.runnerId(),
            reason,
            folder.path(),
            verdict);
        done.complete(folder.path());
      } catch (IOException problem) {
        LOG.warn(
            "runner {}: {}; no hang report: {}", witness.runnerId(), reason, problem.toString());
        begun.completeExceptionally(new UncheckedIOException(problem));
      } catch (RuntimeException | Error defect) {
        LOG.error("runner {}: the hang report for {} failed", witness.runnerId(), reason, defect);
        begun.completeExceptionally(defect);
        done.completeExceptionally(defect);
      }
    }

    void refuse() {
      LOG.warn(
          "runner {}: {}; no hang report: the client was closed before its turn",
          witness.runnerId(),
          reason);
      done.completeExceptionally(notWritten(reason, "the client was closed before its turn"));
    }
  }
}
