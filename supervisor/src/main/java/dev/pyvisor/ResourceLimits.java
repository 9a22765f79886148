package dev.pyvisor;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What the code of a runner may use at most. What is not set is not limited by Pyvisor.
 *
 * <p>Immutable.
 *
 * @param memory bytes of memory
 * @param cpuTime processor time of one kernel
 * @param processes processes and threads at once
 * @param openFiles descriptors of one process
 * @param fileSize bytes of one file
 * @param workspace bytes of all files of a workspace
 */
public record ResourceLimits(
    OptionalLong memory,
    Optional<Duration> cpuTime,
    OptionalInt processes,
    OptionalInt openFiles,
    OptionalLong fileSize,
    OptionalLong workspace) {
  private static final ResourceLimits NONE =
      new ResourceLimits(
          OptionalLong.empty(),
          Optional.empty(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalLong.empty(),
          OptionalLong.empty());

  /** Nothing is limited. */
  public static ResourceLimits none() {
    return NONE;
  }
}
