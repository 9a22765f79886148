package dev.pyvisor.internal;

import dev.pyvisor.TimeLimit;
import dev.pyvisor.tool.ToolEvent;
import dev.pyvisor.wire.Message;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Runs host tools somewhere else than on the reader thread.
 *
 * <p>Thread-safe: implementations say how.
 */
interface ToolRunner {
  /** Has a call run. Returns at once. */
  Run run(SessionCore session, Message call, String id, Progress progress);

  /** How long a call of the tool may take; null: a tool whose name is not known yet. */
  default TimeLimit limit(SessionCore session, @Nullable String tool) {
    return TimeLimit.none();
  }

  /** The names of the tool's parameters, in their order; none: they are not known. */
  default List<String> parameters(SessionCore session, String tool) {
    return List.of();
  }

  /**
   * A call that was handed in.
   *
   * <p>Thread-safe: implementations say how.
   */
  interface Run {
    /** Interrupts it, or takes it out of the queue. Runs user code that waits for the cancel. */
    void cancel();
  }

  /**
   * What becomes of a call; on the thread that runs it, if not said otherwise.
   *
   * <p>Thread-safe: implementations say how.
   */
  interface Progress {
    /** Whether nobody waits for the answer any more. Any thread. */
    boolean isOver();

    /** What is left until its deadline or its cell's; empty: neither has one. Any thread. */
    Optional<Duration> remaining();

    /** No thread can run it. Any thread; does not wait. */
    void refused(byte[] envelope);

    void started(ToolEvent event) throws InterruptedException;

    void progress(ToolEvent event, String message) throws InterruptedException;

    void finished(ToolEvent event) throws InterruptedException;

    void answer(byte[] envelope, List<byte[]> attachments);
  }
}
