package dev.pyvisor.transport;

import dev.pyvisor.error.ExitReport;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.ProtocolError;

/**
 * Where a transport hands over what it hears.
 *
 * <p>Thread-safe: called from the transport's own threads; no call blocks.
 */
public interface TransportListener {
  /**
   * One whole frame, in order; from the reader thread, or from threads that stand for it one after
   * another, never two at once.
   *
   * @throws ProtocolError when it breaks a rule: the transport then stops interpreting and calls
   *     {@link #onViolation}
   */
  void onFrame(Frame frame);

  /** The peer broke a rule. No frame follows; the transport kills the runner. */
  void onViolation(ProtocolError error);

  /**
   * The runner is gone, and all frames that it left have been handed over. Exactly once; nothing
   * follows.
   */
  void onClosed(ExitReport report);
}
