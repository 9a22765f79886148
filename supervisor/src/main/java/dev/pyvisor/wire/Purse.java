package dev.pyvisor.wire;

/**
 * The sender's view of a lane: what it may still send (TRN-1).
 *
 * <p>Guarded by the outbox.
 */
public final class Purse {
  private int left;

  public Purse(Lane lane) {
    left = lane.window();
  }

  public int left() {
    return left;
  }

  public void spend(int bytes) {
    left -= bytes;
  }

  /** Takes credit in. */
  public void fill(int bytes) {
    if (bytes < 0 || (long) left + bytes > Limits.CREDIT_MAX) {
      throw new ProtocolError(
          "TRN-4",
          "a credit of "
              + left
              + " + "
              + Integer.toUnsignedString(bytes)
              + " bytes is beyond 2^31-1");
    }
    left += bytes;
  }
}
