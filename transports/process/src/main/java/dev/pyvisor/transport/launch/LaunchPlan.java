package dev.pyvisor.transport.launch;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What process to start.
 *
 * <p>Immutable.
 *
 * @param command program and arguments
 * @param environment all of its environment
 * @param directory where it begins
 * @param remains what its end may leave that is no process of its tree
 */
public record LaunchPlan(
    List<String> command, Map<String, String> environment, Path directory, Remains remains) {
  public LaunchPlan {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
  }

  /** A process that leaves nothing but processes. */
  public LaunchPlan(List<String> command, Map<String, String> environment, Path directory) {
    this(command, environment, directory, Remains.NONE);
  }

  /** The same, for the JDK. */
  public ProcessBuilder builder() {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder;
  }
}
