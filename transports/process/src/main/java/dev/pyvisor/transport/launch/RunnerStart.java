package dev.pyvisor.transport.launch;

import dev.pyvisor.transport.TransportConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A runner that is to be started, before it is known how.
 *
 * <p>Immutable.
 *
 * @param config what the backend was given
 * @param arguments what the runner is told
 * @param environment all of its environment, as a process of this machine has it
 * @param directory where it begins
 * @param tokenFile the file with the token of a runner that listens; only that runner may read it
 */
public record RunnerStart(
    TransportConfig config,
    List<String> arguments,
    Map<String, String> environment,
    Path directory,
    Optional<Path> tokenFile) {
  public RunnerStart {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
  }
}
