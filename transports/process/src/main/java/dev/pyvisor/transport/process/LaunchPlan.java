package dev.pyvisor.transport.process;

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
 */
public record LaunchPlan(List<String> command, Map<String, String> environment, Path directory) {
  public LaunchPlan {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
  }

  ProcessBuilder builder() {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder;
  }
}
