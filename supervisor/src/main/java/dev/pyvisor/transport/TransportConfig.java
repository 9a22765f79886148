package dev.pyvisor.transport;

import dev.pyvisor.Launcher;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What a transport is given.
 *
 * <p>Immutable.
 *
 * @param runnerId names the runner in thread names, logs and the environment of its processes
 * @param python the interpreter, where one was chosen
 * @param payload a directory with a copy of the runner to use instead of the one carried in the jar
 * @param workspace the directory that cells are to run in, where one was chosen; sessions are told
 *     it, too
 * @param environment variables on top of the transport's own short list
 * @param privateDirectory a directory of mode 0700 that is removed when the client closes
 * @param startTimeout how long a start may take in all
 * @param trust whether the user gave the word of trust
 * @param sandbox how a runner is to be started, for a backend that starts one
 * @param threads where threads come from
 * @param options the backend's own, by {@link BackendOption#name}: only those that it takes
 */
public record TransportConfig(
    String runnerId,
    Optional<Path> python,
    Optional<Path> payload,
    Optional<Path> workspace,
    Map<String, String> environment,
    Path privateDirectory,
    Duration startTimeout,
    Trust trust,
    Sandbox sandbox,
    ThreadRoster threads,
    Map<String, String> options) {

  public TransportConfig {
    environment = Map.copyOf(environment);
    options = Map.copyOf(options);
  }

  /** The same with this launcher. */
  public TransportConfig launchedBy(Launcher launcher) {
    return new TransportConfig(
        runnerId,
        python,
        payload,
        workspace,
        environment,
        privateDirectory,
        startTimeout,
        trust,
        sandbox.launchedBy(launcher),
        threads,
        options);
  }
}
