package dev.pyvisor.transport.process;

import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.runner.RunnerPayload;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.Trust;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a backend does before it starts a process of this machine.
 *
 * <p>Thread-safe: by an atomic flag.
 */
public final class LocalBackend {
  private static final Logger LOG = LoggerFactory.getLogger(LocalBackend.class);

  private final String name;
  private final AtomicBoolean warned = new AtomicBoolean();

  /** {@code name}: the backend's. */
  public LocalBackend(String name) {
    this.name = name;
  }

  /**
   * Ends a start on another system.
   *
   * @throws LaunchFailed unless this is Linux
   */
  public void requireLinux(TransportConfig config) {
    String system = System.getProperty("os.name", "");
    if (!system.toLowerCase(Locale.ROOT).contains("linux")) {
      throw new LaunchFailed(
          config.runnerId(),
          "the backend "
              + name
              + " runs on Linux only, this is "
              + system
              + "; reach a runner elsewhere with the backend websocket");
    }
  }

  /** Says once that nothing is isolated, unless the user has said that this is meant. */
  public void warnOnce(TransportConfig config) {
    if (config.trust() == Trust.NOT_STATED && warned.compareAndSet(false, true)) {
      LOG.warn(
          "the backend {} isolates nothing: code runs with the rights of this process; call"
              + " trusted() if that is meant",
          name);
    }
  }

  /**
   * The runner that the jar carries, or the configured one, with a Python of this machine.
   *
   * @throws LaunchFailed when there is no such Python, or the runner cannot be unpacked
   */
  public static LaunchPlan runner(TransportConfig config, Path directory, List<String> arguments) {
    Path python = PythonLocator.locate(config.runnerId(), config.python());
    List<String> command = new ArrayList<>();
    command.add(python.toString());
    command.addAll(List.of("-I", "-S", payload(config).resolve("__main__.py").toString()));
    command.addAll(arguments);
    return new LaunchPlan(command, RunnerEnvironment.of(config), directory);
  }

  /** What is wrong with the Python of that plan, where a runner ended before it said anything. */
  public static Optional<String> complaint(LaunchPlan plan) {
    Path interpreter = Path.of(plan.command().get(0));
    return PythonVersion.byAsking(interpreter)
        .filter(version -> !version.usable())
        .map(
            version ->
                interpreter
                    + " is Python "
                    + version
                    + "; the runner needs "
                    + PythonVersion.OLDEST
                    + " or newer, choose another with python(...) or --python");
  }

  private static Path payload(TransportConfig config) {
    if (config.payload().isPresent()) {
      return config.payload().get().toAbsolutePath();
    }
    try {
      return RunnerPayload.unpack(RunnerPayload.defaultCache());
    } catch (IOException problem) {
      LaunchFailed failure =
          new LaunchFailed(
              config.runnerId(), "the runner cannot be unpacked: " + problem.getMessage());
      failure.initCause(problem);
      throw failure;
    }
  }
}
