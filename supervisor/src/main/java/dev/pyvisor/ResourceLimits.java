package dev.pyvisor;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What the code of a runner may use at most. What is not set is not limited by Pyvisor. One that
 * cannot be held to where the runner is to be started is refused when it starts, before any code
 * runs; docs/limits.md says what holds to which, and what code and outcomes see of it.
 *
 * <pre>{@code
 * ResourceLimits.none().withMemory(512 << 20).withCpuTime(Duration.ofSeconds(20))
 * }</pre>
 *
 * <p>Immutable.
 *
 * @param memory bytes of memory of all kernels of the runner together, frozen copies and what cells
 *     start included; where no control group can be made, bytes of addresses of each process
 * @param cpuTime processor time that a cell's kernel may use for one cell
 * @param processes processes and threads at once, the kernels and their frozen copies included
 * @param openFiles descriptors of one process, beside those that the runner needs itself
 * @param fileSize bytes of one file
 * @param workspace bytes of all files of a workspace, measured after each cell
 */
public record ResourceLimits(
    OptionalLong memory,
    Optional<Duration> cpuTime,
    OptionalInt processes,
    OptionalInt openFiles,
    OptionalLong fileSize,
    OptionalLong workspace) {
  /** A program of Python opens some twenty; the runner's own have numbers up to here. */
  public static final int LEAST_OPEN_FILES = 128;

  /** A kernel alone needs about half of it. */
  public static final long LEAST_MEMORY = 32L * 1024 * 1024;

  private static final ResourceLimits NONE =
      new ResourceLimits(
          OptionalLong.empty(),
          Optional.empty(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalLong.empty(),
          OptionalLong.empty());

  public ResourceLimits {
    memory.ifPresent(bytes -> least("memory", bytes, LEAST_MEMORY, " bytes (32 MiB)"));
    cpuTime.ifPresent(ResourceLimits::checked);
    processes.ifPresent(count -> least("processes", count, 1, ""));
    openFiles.ifPresent(count -> least("openFiles", count, LEAST_OPEN_FILES, ""));
    fileSize.ifPresent(bytes -> least("fileSize", bytes, 1, " byte"));
    workspace.ifPresent(bytes -> least("workspace", bytes, 1, " byte"));
  }

  /** Nothing is limited. */
  public static ResourceLimits none() {
    return NONE;
  }

  /** What is limited, by the keys of a configuration. */
  public List<String> keys() {
    Map<String, Boolean> keys = new LinkedHashMap<>();
    keys.put("memory-limit", memory.isPresent());
    keys.put("cpu-limit", cpuTime.isPresent());
    keys.put("process-limit", processes.isPresent());
    keys.put("open-files-limit", openFiles.isPresent());
    keys.put("file-size-limit", fileSize.isPresent());
    keys.put("workspace-limit", workspace.isPresent());
    return keys.entrySet().stream().filter(Map.Entry::getValue).map(Map.Entry::getKey).toList();
  }

  /**
   * The same with this many bytes of memory.
   *
   * @throws IllegalArgumentException when they are fewer than {@link #LEAST_MEMORY}
   */
  public ResourceLimits withMemory(long bytes) {
    return new ResourceLimits(
        OptionalLong.of(bytes), cpuTime, processes, openFiles, fileSize, workspace);
  }

  /**
   * The same with this much processor time for each cell.
   *
   * @throws IllegalArgumentException when it is below 1 ms or above {@link TimeLimit#LONGEST}
   */
  public ResourceLimits withCpuTime(Duration time) {
    return new ResourceLimits(memory, Optional.of(time), processes, openFiles, fileSize, workspace);
  }

  /**
   * The same with this many processes and threads at once.
   *
   * @throws IllegalArgumentException when they are fewer than 1
   */
  public ResourceLimits withProcesses(int count) {
    return new ResourceLimits(
        memory, cpuTime, OptionalInt.of(count), openFiles, fileSize, workspace);
  }

  /**
   * The same with this many descriptors of each process.
   *
   * @throws IllegalArgumentException when they are fewer than {@link #LEAST_OPEN_FILES}
   */
  public ResourceLimits withOpenFiles(int count) {
    return new ResourceLimits(
        memory, cpuTime, processes, OptionalInt.of(count), fileSize, workspace);
  }

  /**
   * The same with files of this many bytes.
   *
   * @throws IllegalArgumentException when they are fewer than 1
   */
  public ResourceLimits withFileSize(long bytes) {
    return new ResourceLimits(
        memory, cpuTime, processes, openFiles, OptionalLong.of(bytes), workspace);
  }

  /**
   * The same with workspaces of this many bytes each.
   *
   * @throws IllegalArgumentException when they are fewer than 1
   */
  public ResourceLimits withWorkspace(long bytes) {
    return new ResourceLimits(
        memory, cpuTime, processes, openFiles, fileSize, OptionalLong.of(bytes));
  }

  private static void checked(Duration time) {
    if (time.compareTo(Duration.ofMillis(1)) < 0 || time.compareTo(TimeLimit.LONGEST) > 0) {
      throw new IllegalArgumentException(
          "cpuTime must be from 1 ms to 365 days, not " + time + "; leave it out for no limit");
    }
  }

  private static void least(String what, long value, long least, String unit) {
    if (value < least) {
      throw new IllegalArgumentException(
          what
              + " must be at least "
              + least
              + unit
              + ", not "
              + value
              + "; leave it out for no limit");
    }
  }
}
