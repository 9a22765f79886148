package dev.pyvisor.bench;

/**
 * One line of the result.
 *
 * @param key by which it is chosen
 * @param title by which it is shown
 * @param yardstick the raw row that it is compared with
 * @param unit of its figures
 * @param every measured in each round whose number this divides: long operations come less often
 * @param opener prepares it
 */
record Row(String key, String title, Yardstick yardstick, Unit unit, int every, Opener opener) {
  /** A row of durations. */
  Row(String key, String title, Yardstick yardstick, int every, Opener opener) {
    this(key, title, yardstick, Unit.NANOS, every, opener);
  }

  /**
   * The bare thing beside which a figure means something on any machine; for another backend, the
   * pipe's.
   */
  enum Yardstick {
    ECHO("echo"),
    ECHO_LARGE("echo-large"),
    ECHO_AFTER_PAUSE("echo-after-pause"),
    COPY("cp"),
    PYTHON_START("python-start"),
    BWRAP_START("bwrap-start"),
    PODMAN_START("podman-start"),
    CELL("cell"),
    TOOL("tool"),
    OUTPUT("output"),
    STREAM("stream"),
    FORK_10M("fork-10m"),
    FORK_100M("fork-100m"),
    FORK_100M_OBJECTS("fork-100m-objects"),
    FORK_1G("fork-1g"),
    WORK_10M("fork-cpu-10m"),
    WORK_100M("fork-cpu-100m"),
    WORK_100M_OBJECTS("fork-cpu-100m-objects"),
    WORK_1G("fork-cpu-1g"),
    KILL_10M("kill-10m"),
    KILL_1G("kill-1g"),
    FORK_MEMORY("fork-memory");

    private final String key;

    Yardstick(String key) {
      this.key = key;
    }

    /** Key of the row that measures it. */
    String key() {
      return key;
    }
  }

  /** Prepares a row, with subjects of the workbench. */
  interface Opener {
    Probe open(Workbench workbench) throws Exception;
  }
}
