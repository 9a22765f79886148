package dev.pyvisor.wire;

import org.jspecify.annotations.Nullable;

/**
 * The kinds of frames (PROTOCOL.md section 3).
 *
 * <p>Immutable.
 */
public enum FrameKind {
  HELLO(1),
  MESSAGE(2),
  RELAY(3),
  STDOUT(4),
  STDERR(5),
  CREDIT(6),
  PING(7),
  PONG(8);

  private static final @Nullable FrameKind[] BY_NUMBER = new @Nullable FrameKind[9];

  static {
    for (FrameKind kind : values()) {
      BY_NUMBER[kind.number] = kind;
    }
  }

  private final int number;

  FrameKind(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }

  /** The kind of that number, or null for one that this version does not know. */
  static @Nullable FrameKind of(int number) {
    return number < BY_NUMBER.length ? BY_NUMBER[number] : null;
  }
}
