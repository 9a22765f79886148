package dev.pyvisor.bench;

/** A row that is ready to be measured. */
record Probe(Subject subject, Operation operation) {
  /** One operation. */
  interface Operation {
    /** Does it once and returns the figure: the nanoseconds that it took, or bytes. */
    long once() throws Exception;
  }

  /** An action whose whole run is what counts. */
  interface Action {
    void run() throws Exception;
  }

  /** A probe that takes the time of all of {@code action}. */
  static Probe timing(Subject subject, Action action) {
    return new Probe(
        subject,
        () -> {
          long begin = System.nanoTime();
          action.run();
          return System.nanoTime() - begin;
        });
  }
}
