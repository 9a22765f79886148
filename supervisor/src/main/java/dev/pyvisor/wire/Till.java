package dev.pyvisor.wire;

/**
 * The receiver's view of a lane: what the peer may still send, and what is to be given back.
 *
 * <p>Guarded by this.
 */
public final class Till {
  /**
   * Credit goes back in steps of a quarter window, so that small output costs no frame of its own.
   */
  private static final int STEPS = 4;

  private final int window;
  private final int batch;
  private int left;
  private int consumed;

  public Till(Lane lane) {
    window = lane.window();
    left = window;
    batch = lane.window() / STEPS;
  }

  /** Counts bytes that have arrived. */
  public synchronized void take(int bytes) {
    left -= bytes;
    if (left < 0) {
      throw new ProtocolError("TRN-4", -left + " bytes more than the credit that was given");
    }
  }

  /** Bytes that have arrived and are not consumed. */
  public synchronized int waiting() {
    return window - left - consumed;
  }

  /** Counts bytes as consumed; returns the credit to give back now, 0 while a step is not full. */
  public synchronized int consume(int bytes) {
    consumed += bytes;
    if (consumed < batch) {
      return 0;
    }
    int given = consumed;
    consumed = 0;
    left += given;
    return given;
  }
}
