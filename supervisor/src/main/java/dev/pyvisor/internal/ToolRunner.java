package dev.pyvisor.internal;

import dev.pyvisor.tool.ToolEvent;
import dev.pyvisor.wire.Message;
import java.util.List;

/**
 * Runs host tools somewhere else than on the reader thread.
 *
 * <p>Thread-safe: implementations say how.
 */
interface ToolRunner {
  /** Has a call run. Returns at once. */
  Run run(SessionCore session, Message call, String id, Progress progress);

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
   * What becomes of a call; on the thread that runs it.
   *
   * <p>Thread-safe: called from one thread.
   */
  interface Progress {
    void started(ToolEvent event) throws InterruptedException;

    void progress(ToolEvent event, String message) throws InterruptedException;

    void finished(ToolEvent event) throws InterruptedException;

    void answer(byte[] envelope, List<byte[]> attachments);
  }
}
