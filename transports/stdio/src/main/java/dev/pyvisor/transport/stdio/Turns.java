package dev.pyvisor.transport.stdio;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.Lane;
import dev.pyvisor.wire.Message;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Whose turn it is at the peer, which knows one request at a time. The job that has the turn sends
 * its requests one by one, each when the one before was answered; its turn ends when the host has
 * been told, output first and as far as there is credit.
 *
 * <p>An answer is known by its id. Others are stale and skipped, {@value StdioLimits#STALE_ANSWERS}
 * of them; a peer with more has lost count, and the request ends there.
 *
 * <p>Guarded by the translator.
 */
final class Turns {
  private final LineQueue lines;
  private final Consumer<Frame> host;
  private final LongSupplier clock;
  private final Runnable settled;
  private final Runnable told;
  private final Queue<Job> jobs = new ArrayDeque<>();
  private Printing printing;
  private @Nullable Job current;
  private @Nullable Open open;
  private @Nullable List<Message> closing; // of the current job, behind its output
  private long requests; // ids are from 1, and never used twice
  private long stale;

  /** A request that waits for its answer. */
  private static final class Open {
    final long id;
    final long sentNanos;
    int stale;

    Open(long id, long sentNanos) {
      this.id = id;
      this.sentNanos = sentNanos;
    }

    /** Some peers answer without an id; that can only be meant for the one that is open. */
    boolean isAnsweredBy(JsonNode reply) {
      JsonNode id = reply.path("id");
      return id.isMissingNode()
          || id.isNull()
          || (id.isIntegralNumber() && id.canConvertToLong() && id.longValue() == this.id);
    }
  }

  /**
   * {@code settled}: called when a request has its end, before anything follows from it; {@code
   * told}: when the host has been told all of a job.
   */
  Turns(
      LineQueue lines, Consumer<Frame> host, LongSupplier clock, Runnable settled, Runnable told) {
    this.lines = lines;
    this.host = host;
    this.clock = clock;
    this.settled = settled;
    this.told = told;
    this.printing = new Printing(host);
  }

  /** Another session begins, with credit of its own. */
  void renew() {
    printing = new Printing(host);
  }

  /** The job that has the turn. */
  @Nullable Job current() {
    return current;
  }

  /** The cell that the peer is working at; null where it works at none. */
  @Nullable CellJob cell() {
    return open != null && current instanceof CellJob cell ? cell : null;
  }

  /** Whether a cell has the turn, or waits for it. */
  boolean hasCell() {
    return current instanceof CellJob || jobs.stream().anyMatch(CellJob.class::isInstance);
  }

  /** Jobs that wait. */
  int waiting() {
    return jobs.size();
  }

  /** Whether the host is still to be told something of a job that has ended. */
  boolean telling() {
    return closing != null;
  }

  void enter(Job job) {
    jobs.add(job);
    advance();
  }

  /**
   * Nothing that waits is begun any more; a peer that waits for a request is sent this last one.
   */
  void end(PeerRequest farewell) {
    jobs.clear();
    if (current == null) {
      send(farewell);
    }
  }

  void credit(Lane lane, int bytes) {
    printing.fill(lane, bytes);
    advance();
  }

  /** An answer to a request: to the open one, or to one that nobody waits for any more. */
  void answered(JsonNode reply) {
    Open waiting = open;
    Job job = current;
    if (waiting == null || job == null) {
      stale++;
    } else if (waiting.isAnsweredBy(reply)) {
      open = null;
      settled.run();
      job.answered(reply, clock.getAsLong() - waiting.sentNanos);
      advance();
    } else {
      skip(waiting, job);
    }
  }

  private void skip(Open waiting, Job job) {
    stale++;
    if (++waiting.stale > StdioLimits.STALE_ANSWERS) {
      open = null;
      settled.run();
      finish(
          job.refused(
              ErrorCode.INTERNAL,
              job.describe()
                  + ": "
                  + waiting.stale
                  + " stale answers came and none to request "
                  + waiting.id
                  + "; resyncing was given up"));
      advance();
    }
  }

  /** Goes on until the peer or the host is to be waited for. */
  private void advance() {
    while (open == null && (closing == null || printing.go())) {
      if (closing != null) {
        closing.forEach(message -> Voice.cut(message, host));
        closing = null;
        current = null;
        told.run();
      }
      if (current == null) {
        current = jobs.poll();
      }
      if (current == null) {
        return;
      }
      PeerRequest next = current.next();
      if (next != null) {
        send(next);
      } else {
        finish(current.end());
      }
    }
  }

  private void finish(Ending ending) {
    ending.prints().forEach(printing::add);
    closing = ending.messages();
  }

  private void send(PeerRequest request) {
    open = new Open(++requests, clock.getAsLong());
    lines.add(
        LineQueue.Kind.REQUEST, Dialect.request(requests, request.method(), request.params()));
  }

  /** One line for a report. */
  String evidence() {
    return (current == null ? "idle" : current.describe())
        + ", request "
        + (open == null ? "none" : open.id + " open, " + open.stale + " stale answers skipped")
        + ", "
        + jobs.size()
        + " jobs wait, "
        + lines.waiting()
        + " bytes wait for the writer, "
        + printing.left()
        + " for credit, "
        + stale
        + " stale answers in all";
  }
}
