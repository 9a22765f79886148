package dev.pyvisor.transport.launch;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control groups of one runner's kernels: one folder in version 2, one for each controller in
 * version 1. The kernels write themselves into them; the runner's own processes stay outside.
 *
 * <p>Immutable.
 */
final class KernelGroup {
  private static final Logger LOG = LoggerFactory.getLogger(KernelGroup.class);
  private static final String PREFIX = "pyvisor-";
  private static final AtomicLong NUMBERS = new AtomicLong();

  /** A group is empty for this long at most before its runner's first kernel is in it. */
  private static final Duration YOUNG = Duration.ofMinutes(1);

  /** Processes that were killed are gone by then, unless the machine holds them in a call. */
  private static final Duration END_LIMIT = Duration.ofSeconds(2);

  private static final String WILL =
      """
      for group
      do
        tries=0
        until rmdir -- "$group" || [ $((tries += 1)) = 20 ]; do sleep 0.1; done
      done
      """;

  private final Map<ControlGroups.Place, Path> folders;
  private final Map<String, ControlGroups.Place> places;

  private KernelGroup(
      Map<ControlGroups.Place, Path> folders, Map<String, ControlGroups.Place> places) {
    this.folders = folders;
    this.places = places;
  }

  /**
   * Makes groups with these limits, by controller, where there can be one.
   *
   * @throws IOException when one cannot be made though it seemed so; then none is left
   */
  static KernelGroup make(ControlGroups groups, Map<String, Long> limits) throws IOException {
    Map<ControlGroups.Place, Path> folders = new LinkedHashMap<>();
    Map<String, ControlGroups.Place> places = new LinkedHashMap<>();
    KernelGroup made = new KernelGroup(folders, places);
    try {
      for (Map.Entry<String, Long> limit : limits.entrySet()) {
        Optional<ControlGroups.Place> place = groups.placeOf(limit.getKey());
        if (place.isEmpty()) {
          continue;
        }
        Path folder = folders.get(place.get());
        if (folder == null) {
          clear(place.get().folder());
          folder = fresh(place.get().folder());
          folders.put(place.get(), folder);
        }
        places.put(limit.getKey(), place.get());
        set(folder, limit.getKey(), limit.getValue(), place.get().unified());
      }
    } catch (IOException problem) {
      made.remove();
      throw problem;
    }
    return made;
  }

  /**
   * In a container this process may have the number of one that was killed, or lives in another.
   */
  private static Path fresh(Path parent) throws IOException {
    String name = PREFIX + ProcessHandle.current().pid() + "-";
    while (true) {
      try {
        return Files.createDirectory(parent.resolve(name + NUMBERS.incrementAndGet()));
      } catch (FileAlreadyExistsException others) {
        LOG.debug("a control group is there already: {}", others.getMessage());
      }
    }
  }

  private static void set(Path folder, String controller, long most, boolean unified)
      throws IOException {
    if (controller.equals("pids")) {
      write(folder.resolve("pids.max"), most);
    } else if (unified) {
      write(folder.resolve("memory.max"), most);
      writeWhereThere(folder.resolve("memory.swap.max"), 0);
    } else {
      write(folder.resolve("memory.limit_in_bytes"), most);
      // With swap: otherwise what is too much would only be slow.
      writeWhereThere(folder.resolve("memory.memsw.limit_in_bytes"), most);
    }
  }

  private static void write(Path file, long value) throws IOException {
    Files.writeString(file, Long.toString(value));
  }

  /** A system that counts no swap has no such file. */
  private static void writeWhereThere(Path file, long value) throws IOException {
    if (Files.exists(file)) {
      write(file, value);
    }
  }

  /** Whether it holds what this controller limits. */
  boolean holds(String controller) {
    return places.containsKey(controller);
  }

  /** The files by which a process joins all of it. */
  List<Path> joins() {
    return folders.values().stream().map(folder -> folder.resolve("cgroup.procs")).toList();
  }

  /** The file that counts what the system killed because memory ran out. */
  Optional<Path> counter() {
    return Optional.ofNullable(places.get("memory"))
        .map(
            place ->
                folders
                    .get(place)
                    .resolve(place.unified() ? "memory.events" : "memory.oom_control"));
  }

  /** What a runner leaves beside these. One that is not in a sandbox removes them itself. */
  Remains beside(Remains others) {
    return new Remains(
        () -> {
          others.removal().run();
          remove();
        },
        others.will().map(will -> will.isEmpty() ? will() : will));
  }

  /** Once their processes have ended, which a host that is killed does not wait for. */
  private List<String> will() {
    List<String> words = new ArrayList<>(List.of("/bin/sh", "-c", WILL, "pyvisor-reaper"));
    folders.values().forEach(folder -> words.add(folder.toString()));
    return words;
  }

  /** Ends what is in them, and removes them; where they are gone, nothing is done. */
  void remove() {
    for (Path folder : folders.values()) {
      try {
        end(folder);
        Files.deleteIfExists(folder);
      } catch (IOException problem) {
        LOG.warn("the control group {} could not be removed: {}", folder, problem.toString());
      }
    }
  }

  /** What still is in it, because nobody ended it, ends now. */
  private static void end(Path folder) throws IOException {
    long end = System.nanoTime() + END_LIMIT.toNanos();
    for (List<ProcessHandle> left = members(folder);
        !left.isEmpty() && System.nanoTime() < end;
        left = members(folder)) {
      left.forEach(ProcessHandle::destroyForcibly);
      for (ProcessHandle process : left) {
        awaitEnd(process, end);
      }
    }
  }

  private static List<ProcessHandle> members(Path folder) throws IOException {
    List<ProcessHandle> members = new ArrayList<>();
    Path file = folder.resolve("cgroup.procs");
    if (Files.exists(file)) {
      for (String pid : Files.readAllLines(file)) {
        ProcessHandle.of(Long.parseLong(pid.strip())).ifPresent(members::add);
      }
    }
    return members;
  }

  private static void awaitEnd(ProcessHandle process, long end) {
    try {
      process.onExit().get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException late) {
      LOG.debug("process {} has not ended in time", process.pid());
    }
  }

  /** Those of hosts that were killed; one that is in use cannot be removed. */
  private static void clear(Path parent) throws IOException {
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, PREFIX + "*-*")) {
      for (Path folder : folders) {
        if (left(folder)) {
          try {
            Files.delete(folder);
          } catch (IOException inUse) {
            LOG.debug("the control group {} stays: {}", folder, inUse.toString());
          }
        }
      }
    }
  }

  /** Whether its host is gone. One that is young may be that of a host in another container. */
  private static boolean left(Path folder) throws IOException {
    String[] parts = folder.getFileName().toString().split("-");
    try {
      return ProcessHandle.of(Long.parseLong(parts[1])).isEmpty()
          && Files.getLastModifiedTime(folder).toInstant().isBefore(Instant.now().minus(YOUNG));
    } catch (NumberFormatException another) {
      return false;
    }
  }
}
