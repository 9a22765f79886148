package dev.pyvisor.transport.pipe;

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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

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

  /** A process that forks as fast as it is found is met again this often. */
  private static final int ROUNDS = 100;

  private TaggedProcesses() {}

  /** Kills until nothing is found; returns the pids that are left at the limit. */
  static List<Long> sweep(String runnerId, Collection<ProcessHandle> known) {
    long end = System.nanoTime() + LIMIT.toNanos();
    Map<Long, ProcessHandle> found = new LinkedHashMap<>();
    known.stream()
        .filter(ProcessHandle::isAlive)
        .forEach(handle -> found.put(handle.pid(), handle));
    for (int round = 0; round < ROUNDS; round++) {
      tagged(runnerId).forEach(handle -> found.put(handle.pid(), handle));
      if (found.isEmpty() || System.nanoTime() > end) {
        break;
      }
      found.values().forEach(ProcessHandle::destroyForcibly);
      awaitAll(found.values(), end);
      found.values().removeIf(handle -> !handle.isAlive());
    }
    return List.copyOf(found.keySet());
  }

  private static List<ProcessHandle> tagged(String runnerId) {
    byte[] tag = (RunnerEnvironment.TAG + "=" + runnerId + "\0").getBytes(StandardCharsets.UTF_8);
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

  private static void awaitAll(Collection<ProcessHandle> handles, long end) {
    CompletableFuture<?>[] exits =
        handles.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new);
    try {
      CompletableFuture.allOf(exits)
          .get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException notYet) {
      // The caller looks again and reports what is left.
    }
  }
}
