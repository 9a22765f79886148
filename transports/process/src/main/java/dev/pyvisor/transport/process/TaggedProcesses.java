package dev.pyvisor.transport.process;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.pyvisor.transport.RunnerTag;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Finds and kills what a runner left behind that did not end itself: by its tag in /proc, and by
 * what descended from it when it was killed.
 *
 * <p>Immutable.
 */
final class TaggedProcesses {
  private static final Path PROC = Path.of("/proc");

  /** LIF-9 allows two seconds for everything. */
  private static final Duration LIMIT = Duration.ofSeconds(2);

  private static final Duration PAUSE = Duration.ofMillis(1);

  /** A program that is just being replaced by another shows no environment for less than that. */
  private static final Duration EXEC = Duration.ofMillis(500);

  /** One that shows none for longer has none. */
  private static final Duration YOUNG = Duration.ofSeconds(10);

  /** No variable of any process, and not the same as none. */
  private static final byte[] NOT_SEEN = {0};

  private TaggedProcesses() {}

  /** Kills until nothing is found; returns the pids that are left at the limit. */
  static List<Long> sweep(String runnerId, Collection<ProcessHandle> known) {
    long begin = System.nanoTime();
    Map<Long, ProcessHandle> found = new LinkedHashMap<>();
    known.forEach(handle -> found.put(handle.pid(), handle));
    while (true) {
      boolean complete = look(tag(runnerId), found);
      found.values().removeIf(handle -> !lives(handle));
      Duration passed = Duration.ofNanos(System.nanoTime() - begin);
      boolean settled = complete || passed.compareTo(EXEC) > 0;
      if ((found.isEmpty() && settled) || passed.compareTo(LIMIT) > 0) {
        return List.copyOf(found.keySet());
      }
      found.values().forEach(ProcessHandle::destroyForcibly);
      // The end of somebody else's child is no event that a process could wait for; a kill takes
      // microseconds.
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  /** A killed orphan that nobody reaps stays in /proc, but it does nothing any more. */
  private static boolean lives(ProcessHandle handle) {
    if (!handle.isAlive()) {
      return false;
    }
    try {
      String stat = Files.readString(PROC.resolve(handle.pid() + "/stat"), ISO_8859_1);
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException | IndexOutOfBoundsException gone) {
      return false;
    }
  }

  /** Adds those with the tag; false where some did not show yet whether they have it. */
  private static boolean look(byte[] tag, Map<Long, ProcessHandle> found) {
    boolean complete = true;
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path process : processes) {
        byte[] environment = environment(process.resolve("environ"));
        long pid = Long.parseLong(process.getFileName().toString());
        if (carries(environment, tag)) {
          ProcessHandle.of(pid)
              .filter(ProcessHandle::isAlive)
              .ifPresent(handle -> found.put(pid, handle));
        } else if (environment.length == 0 && isBecoming(process, pid)) {
          complete = false;
        }
      }
    } catch (IOException noProc) {
      return true;
    }
    return complete;
  }

  /** Whether it may be between two programs: young, alive, and no thread of the system's own. */
  private static boolean isBecoming(Path process, long pid) {
    try {
      Files.readSymbolicLink(process.resolve("exe"));
    } catch (IOException goneOrOfTheSystem) {
      return false;
    }
    Instant young = Instant.now().minus(YOUNG);
    return ProcessHandle.of(pid)
        .filter(TaggedProcesses::lives)
        .flatMap(handle -> handle.info().startInstant())
        .filter(start -> start.isAfter(young))
        .isPresent();
  }

  /** Whether a process carries the runner's tag, as far as that can be seen. */
  static boolean isTagged(long pid, String runnerId) {
    return carries(environment(PROC.resolve(pid + "/environ")), tag(runnerId));
  }

  private static byte[] tag(String runnerId) {
    return (RunnerTag.NAME + "=" + runnerId + "\0").getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] environment(Path environ) {
    try {
      return Files.readAllBytes(environ);
    } catch (IOException goneOrForeign) {
      return NOT_SEEN;
    }
  }

  private static boolean carries(byte[] bytes, byte[] tag) {
    for (int at = 0; at + tag.length <= bytes.length; at++) {
      if ((at == 0 || bytes[at - 1] == 0)
          && Arrays.equals(bytes, at, at + tag.length, tag, 0, tag.length)) {
        return true;
      }
    }
    return false;
  }
}
