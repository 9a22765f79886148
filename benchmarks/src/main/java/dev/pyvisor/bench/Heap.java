package dev.pyvisor.bench;

import dev.pyvisor.bench.Row.Yardstick;

/**
 * What a Python process holds while it is measured. The yardstick and the session build it by the
 * same code.
 */
enum Heap {
  SMALL("10m", "10 MB", "heap = b'x' * 10_000_000", Yardstick.FORK_10M, Yardstick.WORK_10M, 2),
  MEDIUM(
      "100m", "100 MB", "heap = b'x' * 100_000_000", Yardstick.FORK_100M, Yardstick.WORK_100M, 5),
  OBJECTS(
      "100m-objects",
      "100 MB of objects",
      "heap = [(i, str(i)) for i in range(640_000)]",
      Yardstick.FORK_100M_OBJECTS,
      Yardstick.WORK_100M_OBJECTS,
      5),
  LARGE("1g", "1 GB", "heap = b'x' * 1_000_000_000", Yardstick.FORK_1G, Yardstick.WORK_1G, 20);

  private final String key;
  private final String text;
  private final String code;
  private final Yardstick fork;
  private final Yardstick work;
  private final int every;

  Heap(String key, String text, String code, Yardstick fork, Yardstick work, int every) {
    this.key = key;
    this.text = text;
    this.code = code;
    this.fork = fork;
    this.work = work;
    this.every = every;
  }

  /** The end of the keys of its rows. */
  String key() {
    return key;
  }

  /** How titles name it. */
  String text() {
    return text;
  }

  /** Python that builds it and calls it {@code heap}. */
  String code() {
    return code;
  }

  /** The CPU time that a bare fork of it costs its parent. */
  Yardstick work() {
    return work;
  }

  /** The time that a bare fork of it takes. */
  Yardstick fork() {
    return fork;
  }

  /** How seldom its rows are measured, see {@link Row#every()}. */
  int every() {
    return every;
  }

  /** Refuses what would drive this machine out of memory. */
  void requireRoom(Workbench workbench) throws RowUnavailable {
    if (this == LARGE && workbench.availableMemory() < BenchLimits.LARGE_HEAP_NEEDS) {
      throw new RowUnavailable(
          "left out: it needs "
              + Sizes.text(BenchLimits.LARGE_HEAP_NEEDS)
              + " of free memory, and there were "
              + Sizes.text(workbench.availableMemory()));
    }
  }
}
