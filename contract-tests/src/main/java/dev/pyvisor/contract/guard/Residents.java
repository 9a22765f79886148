package dev.pyvisor.contract.guard;

import java.util.List;
import java.util.regex.Pattern;

/**
 * What may be there after a test that was not there before it: it belongs to the JVM, the JDK or
 * what runs the tests, is made when it is first needed, and never grows beyond a bound.
 *
 * <p>Immutable.
 */
final class Residents {
  private static final List<Resident> THREADS =
      List.of(
          new Resident("Signal Dispatcher|Notification Thread|Attach Listener", "the JVM's own"),
          new Resident("Common-Cleaner|Cleaner-\\d+", "ends with what it cleans up after"),
          new Resident(
              "process reaper( \\(pid \\d+\\))?",
              "the JDK keeps an idle one for a minute; one that waits does so for a process, which"
                  + " is counted itself"),
          new Resident(
              "ForkJoinPool\\.commonPool-(worker-\\d+|delayScheduler)",
              "the JVM's pool, as many as it has processors; idle ones end after a minute"),
          new Resident(
              "CompletableFutureDelayScheduler", "one for the JVM: futures with a time limit"),
          new Resident(
              "pyvisor-spawner",
              "starts all processes, and lives as long as the JVM: docs/CONCURRENCY.md"),
          new Resident(
              "(boundedElastic-(evictor-)?|parallel-)\\d+",
              "reactor's pools, below the SDK of MCP: some for each processor"),
          new Resident(
              "HttpClient-\\d+-Worker-\\d+",
              "a test's: idle ones of the JDK's client of HTTP end after a minute"),
          new Resident("surefire-forkedjvm-.*", "surefire's"),
          new Resident("junit-jupiter-timeout-watcher", "JUnit's clock for @Timeout"),
          new Resident("hang-report-clock", "the clock of our own limits"));

  private static final List<Resident> DESCRIPTORS =
      List.of(
          new Resident(".*\\.jar", "class loaders keep a jar open from its first class on"),
          new Resident("/dev/u?random", "the JDK's sources of random numbers"),
          new Resident("/proc/\\d+/fd", "this listing"));

  private static final List<Resident> FILES =
      List.of(
          new Resident(
              "junit-\\d+",
              "a @TempDir: JUnit removes it after the census, and fails if it cannot"),
          new Resident("pyvisor-evidence.*", "reports of what hangs are meant to stay"));

  private Residents() {}

  static boolean thread(String name) {
    return among(THREADS, name);
  }

  /** {@code target}: what it leads to, as the kernel names it. */
  static boolean descriptor(String target) {
    return among(DESCRIPTORS, target);
  }

  /** {@code name}: in the directory for temporary files. */
  static boolean file(String name) {
    return among(FILES, name);
  }

  private static boolean among(List<Resident> residents, String name) {
    return residents.stream().anyMatch(resident -> resident.name().matcher(name).matches());
  }

  private record Resident(Pattern name, String why) {
    Resident(String name, String why) {
      this(Pattern.compile(name), why);
    }
  }
}
