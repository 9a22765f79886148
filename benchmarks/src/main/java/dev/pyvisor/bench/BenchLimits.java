package dev.pyvisor.bench;

import java.time.Duration;

/** Every bound of the measurements, with its reason. */
public final class BenchLimits {
  /** Samples are kept in memory to be sorted. */
  public static final int ROUNDS = 100_000;

  /** The size that the wedge was first seen with. */
  public static final int LARGE = 950_000;

  /** What a long output is written in: one page more than a pipe holds would not be one write. */
  public static final int STREAM_PIECE = 64 * 1024;

  /** 64 MiB in all: more than an outcome keeps, so that it has to flow. */
  public static final int STREAM_PIECES = 1_024;

  /** A file that is large enough for the rate to be what is measured, and small beside a disk. */
  public static final int FILE = 64 * 1024 * 1024;

  /** How many large messages are under way at once, as when the wedge was first seen. */
  public static final int AT_ONCE = 12;

  /** For each row: enough for the compiler, short enough for people. */
  public static final Duration WARM_UP = Duration.ofSeconds(1);

  /** Short runs warm up shortly: so many times the rounds that count. */
  public static final int WARM_UP_ROUNDS = 10;

  /** No single operation measured here takes a second on a machine in order; then it is ended. */
  public static final Duration OPERATION = Duration.ofSeconds(30);

  /** A child that was killed is gone in milliseconds; what is not by then is reported. */
  public static final Duration GOODBYE = Duration.ofSeconds(5);

  /** Busy loops end by themselves after this, whatever happens to us. */
  public static final Duration BUSY_LIFE = Duration.ofMinutes(30);

  /** With three loops for each core, the scheduler gives a woken thread what is left. */
  public static final int LOOPS_PER_CORE = 3;

  /**
   * Free bytes without which the heaps of a gigabyte are left out: one for the yardstick, one for
   * the session, each once more where a copy is written to, and as much for everybody else.
   */
  public static final long LARGE_HEAP_NEEDS = 6_000_000_000L;

  /** Cells that are measured together, so that what one leaves to the next is in it. */
  public static final int CELLS_IN_A_ROW = 10;

  /** Between two cells: long enough for the kernel to keep its state meanwhile. */
  public static final Duration PAUSE = Duration.ofMillis(5);

  /**
   * Before a cell that somebody has thought about: ten times what a kernel works after a cell, and
   * caches are as cold as after the seconds that it takes in earnest.
   */
  public static final Duration THOUGHT = Duration.ofMillis(30);

  /** Cells that are sent until one completes, after the kernel was killed. */
  public static final int ATTEMPTS = 3;

  /** A cell that is to be killed ends by itself after this, should nobody do it. */
  public static final Duration LONG_CELL = Duration.ofMinutes(1);

  private BenchLimits() {}
}
