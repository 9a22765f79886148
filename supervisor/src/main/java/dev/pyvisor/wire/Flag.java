package dev.pyvisor.wire;

/**
 * The flags of a frame (PROTOCOL.md section 3).
 *
 * <p>Immutable.
 */
public enum Flag {
  FIRST(0x01),
  LAST(0x02),
  LATE(0x04),
  GIVEN_UP(0x40),
  OPTIONAL(0x80);

  private final int bit;

  Flag(int bit) {
    this.bit = bit;
  }

  public int bit() {
    return bit;
  }

  public boolean in(int flags) {
    return (flags & bit) != 0;
  }
}
