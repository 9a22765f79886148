package dev.pyvisor.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** What the system says of processes, and their end. */
final class Processes {
  private static final long KIB = 1024;
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration GLANCE = Duration.ofNanos(100_000);

  private Processes() {}

  /** Bytes of memory that can be had without swapping; 0 where the system does not say. */
  static long availableMemory() {
    try {
      return kilobytes(Path.of("/proc/meminfo"), "MemAvailable:");
    } catch (IOException e) {
      return 0;
    }
  }

  /** Bytes that this process shares with no other one. Its page tables are not in it. */
  static long privateBytes(long pid) throws IOException {
    return kilobytes(Path.of("/proc/" + pid + "/smaps_rollup"), "Private_");
  }

  /**
   * Nanoseconds that the main thread of a process has spent on a core, once it sleeps: the system
   * adds them up when a thread leaves its core.
   */
  static long nanosOnCore(long pid) throws IOException {
    awaitSleep(pid);
    return Long.parseLong(Files.readString(Path.of("/proc/" + pid + "/schedstat")).split(" ")[0]);
  }

  /** Waits until a process has nothing to do. */
  static void awaitSleep(long pid) throws IOException {
    await(() -> asleep(pid), "process " + pid + " to wait for something");
  }

  /**
   * The private bytes of a child whose command has this name, when there is only one: copies take
   * each other's place, and the one before may still be ending.
   */
  static long privateBytesOfOnlyChild(long parent, String command) throws IOException {
    AtomicLong found = new AtomicLong();
    await(
        () -> {
          List<Long> before = children(parent, command);
          found.set(before.size() == 1 ? privateBytesOrNone(before.get(0)) : 0);
          return found.get() > 0 && children(parent, command).equals(before);
        },
        "one process " + command);
    return found.get();
  }

  private static long privateBytesOrNone(long pid) {
    try {
      return privateBytes(pid);
    } catch (IOException e) {
      return 0;
    }
  }

  /** Ends it with SIGKILL, and does not wait for its end. */
  static void kill(long pid) throws IOException {
    ProcessHandle process =
        ProcessHandle.of(pid).orElseThrow(() -> new IOException("no process " + pid));
    if (!process.destroyForcibly()) {
      throw new IOException("process " + pid + " cannot be killed");
    }
  }

  private static List<Long> children(long parent, String command) {
    return ProcessHandle.of(parent).stream()
        .flatMap(ProcessHandle::children)
        .map(ProcessHandle::pid)
        .filter(pid -> read("/proc/" + pid + "/comm").strip().equals(command))
        .toList();
  }

  private static boolean asleep(long pid) {
    String stat = read("/proc/" + pid + "/stat");
    return stat.startsWith("S", stat.lastIndexOf(')') + 2);
  }

  /** Empty where the process has ended. */
  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      return "";
    }
  }

  private static void await(BooleanSupplier state, String what) throws IOException {
    long limit = System.nanoTime() + PATIENCE.toNanos();
    while (!state.getAsBoolean()) {
      if (System.nanoTime() > limit) {
        throw new IOException("waited in vain for " + what);
      }
      LockSupport.parkNanos(GLANCE.toNanos());
    }
  }

  private static long kilobytes(Path file, String start) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith(start))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * KIB)
          .sum();
    }
  }
}
