package dev.pyvisor.cli;

import dev.pyvisor.CheckpointPolicy;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.TimeLimit;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How long things may take and how much memory, and what is kept for the case of a kill. */
final class LimitOptions {
  @Option(
      names = "--timeout",
      paramLabel = "DUR",
      converter = Limit.OrNone.class,
      description =
          "The deadline of each cell, like 500ms, 2s, 1.5s, 5m; none for no deadline. Default:"
              + " 300s. At the deadline the cell is interrupted and the state stays.")
  private @Nullable TimeLimit timeout;

  @Option(
      names = "--interrupt-grace",
      paramLabel = "DUR",
      converter = Limit.Grace.class,
      description =
          "How long an interrupted cell may take to end; then it is killed, and the state comes"
              + " back from its checkpoint. Default: 2s.")
  private @Nullable Duration interruptGrace;

  @Option(
      names = "--tool-timeout",
      paramLabel = "DUR",
      converter = Limit.OrNone.class,
      description =
          "The deadline of each call of a host tool, or none. Default: 60s. The cell gets a"
              + " ToolError and goes on.")
  private @Nullable TimeLimit toolTimeout;

  @Option(
      names = "--checkpoint",
      paramLabel = "auto|always|never",
      converter = Policy.class,
      description =
          "When the state is kept aside, for cells that must be killed or that crash: after each cell"
              + " that may have changed it, unless that is dear (auto, the default), whatever it costs"
              + " (always), or never.")
  private @Nullable CheckpointPolicy checkpoint;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      converter = Limit.Memory.class,
      description =
          "How much memory the code may use in all, like 512MiB or 2GB. A cell that uses more ends,"
              + " and the next one works. Other limits: --set cpu-limit=20s and the like. Default:"
              + " none.")
  private @Nullable Long memory;

  SupervisorClient.Builder applyTo(SupervisorClient.Builder builder) {
    if (timeout != null) {
      timeout.duration().ifPresentOrElse(builder::cellTimeout, builder::noCellTimeout);
    }
    if (interruptGrace != null) {
      builder.interruptGrace(interruptGrace);
    }
    if (toolTimeout != null) {
      toolTimeout.duration().ifPresentOrElse(builder::toolTimeout, builder::noToolTimeout);
    }
    if (checkpoint != null) {
      builder.checkpoints(checkpoint);
    }
    if (memory != null) {
      long bytes = memory;
      builder.limits(limits -> limits.withMemory(bytes));
    }
    return builder;
  }

  /** Reads the word of a policy. */
  static final class Policy implements ITypeConverter<CheckpointPolicy> {
    @Override
    public CheckpointPolicy convert(String text) {
      return Arrays.stream(CheckpointPolicy.values())
          .filter(policy -> policy.wireName().equals(text))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "'"
                          + text
                          + "' is unknown; usable: "
                          + Arrays.stream(CheckpointPolicy.values())
                              .map(CheckpointPolicy::wireName)
                              .collect(Collectors.joining(", "))));
    }
  }
}
