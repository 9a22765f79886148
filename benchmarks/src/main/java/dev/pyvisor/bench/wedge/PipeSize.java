package dev.pyvisor.bench.wedge;

/** How much a pipe holds. */
public enum PipeSize {
  /** What Linux gives as long as a user has few pipes. */
  USUAL(65_536, "64 KiB"),
  /** The least there is; near to what a user with more than a thousand pipes gets. */
  SMALL(4_096, "4 KiB");

  private final int bytes;
  private final String text;

  PipeSize(int bytes, String text) {
    this.bytes = bytes;
    this.text = text;
  }

  int bytes() {
    return bytes;
  }

  @Override
  public String toString() {
    return text;
  }
}
