package dev.pyvisor.transport.launch;

import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.runner.RunnerPayload;
import dev.pyvisor.transport.TransportConfig;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The runner's own files on this machine.
 *
 * <p>Immutable.
 */
final class RunnerFiles {
  private RunnerFiles() {}

  /**
   * The configured directory, or the one to which the jar's runner is unpacked.
   *
   * @throws LaunchFailed when it cannot be unpacked
   */
  static Path of(TransportConfig config) {
    if (config.payload().isPresent()) {
      return config.payload().get().toAbsolutePath();
    }
    try {
      return RunnerPayload.unpack(RunnerPayload.defaultCache());
    } catch (IOException problem) {
      throw new LaunchFailed(
          config.runnerId(), "the runner cannot be unpacked: " + problem.getMessage(), problem);
    }
  }
}
