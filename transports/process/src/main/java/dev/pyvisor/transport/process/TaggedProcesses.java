package dev.pyvisor.transport.process;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.pyvisor.transport.RunnerTag;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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

  private TaggedProcesses() {}

  /** Kills until nothing is found; returns the pids that are left at the limit. */
  static List<Long> sweep(String runnerId, Collection<ProcessHandle> known) {
    long end = System.nanoTime() + LIMIT.toNanos();
    Map<Long, ProcessHandle> found = new LinkedHashMap<>();
    known.forEach(handle -> found.put(handle.pid(), handle));
    while (true) {
      tagged(runnerId).forEach(handle -> found.put(handle.pid(), handle));
      found.values().removeIf(handle -> !lives(handle));
      if (found.isEmpty() || System.nanoTime() > end) {
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

  private static List<ProcessHandle> tagged(String runnerId) {
    byte[] tag = tag(runnerId);
    List<ProcessHandle> found = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path process : processes) {
        if (carries(process.resolve("environ"), tag)) {
          ProcessHandle.of(Long.parseLong(process.getFileName().toString()))
              .filter(ProcessHandle::isAlive)
              .ifPresent(found::add);
        }
      }
    } catch (IOException noProc) {
      return List.of();
    }
    return found;
  }

  /** Whether a process carries the runner's tag, as far as that can be seen. */
  static boolean isTagged(long pid, String runnerId) {
    return carries(PROC.resolve(pid + "/environ"), tag(runnerId));
  }

  private static byte[] tag(String runnerId) {
    return (RunnerTag.NAME + "=" + runnerId + "\0").getBytes(StandardCharsets.UTF_8);
  }

  private static boolean carries(Path environ, byte[] tag) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(environ);
    } catch (IOException goneOrForeign) {
      return false;
    }
    for (int at = 0; at + tag.length <= bytes.length; at++) {
      if ((at == 0 || bytes[at - 1] == 0)
          && Arrays.equals(bytes, at, at + tag.length, tag, 0, tag.length)) {
        return true;
      }
    }
    return false;
  }
}
