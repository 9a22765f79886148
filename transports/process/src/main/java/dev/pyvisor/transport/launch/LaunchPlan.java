package dev.pyvisor.transport.launch;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What process to start.
 *
 * <p>Immutable.
 *
 * @param command program and arguments
 * @param environment all of its environment
 * @param directory where it begins
 * @param remains what its end may leave that is no process of its tree
 * @param interpreter the Python of this machine that is run in the end, where it is one of this
 *     machine
 */
public record LaunchPlan(
    List<String> command,
    Map<String, String> environment,
    Path directory,
    Remains remains,
    Optional<Path> interpreter) {
  public LaunchPlan {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
  }

  /** A process that leaves nothing but processes, and is a Python of this machine itself. */
  public LaunchPlan(List<String> command, Map<String, String> environment, Path directory) {
    this(command, environment, directory, Remains.NONE, Optional.of(Path.of(command.get(0))));
  }

  /** One whose Python is none of this machine's. */
  public LaunchPlan(
      List<String> command, Map<String, String> environment, Path directory, Remains remains) {
    this(command, environment, directory, remains, Optional.empty());
  }

  /** The same, begun by this command, which leaves something else. */
  LaunchPlan within(List<String> outer, Remains others) {
    return new LaunchPlan(outer, environment, directory, others, interpreter);
  }

  /** The same, for the JDK. */
  public ProcessBuilder builder() {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder;
  }
}
