package dev.pyvisor.transport.process;

import dev.pyvisor.Launcher;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.Trust;
import dev.pyvisor.transport.launch.ControlGroups;
import dev.pyvisor.transport.launch.HeldLauncher;
import dev.pyvisor.transport.launch.LaunchPlan;
import dev.pyvisor.transport.launch.Launchers;
import dev.pyvisor.transport.launch.PythonVersion;
import dev.pyvisor.transport.launch.RunnerStart;
import java.nio.file.Path;
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
    if (config.trust() == Trust.NOT_STATED
        && Launchers.chosen(config).kind() == Launcher.PROCESS
        && warned.compareAndSet(false, true)) {
      LOG.warn(
          "the backend {} with the launcher process isolates nothing: code runs with the rights of this"
              + " process; choose launcher(BUBBLEWRAP) or another that isolates, or call trusted() if"
              + " that is meant",
          name);
    }
  }

  /**
   * How the chosen launcher starts the runner that the jar carries, or the configured one.
   *
   * @throws LaunchFailed when the launcher cannot be used, or the runner cannot be unpacked
   */
  public static LaunchPlan runner(TransportConfig config, Path directory, List<String> arguments) {
    return runner(config, directory, arguments, Optional.empty());
  }

  /** The same for a runner that listens, and may read its token. */
  public static LaunchPlan runner(
      TransportConfig config, Path directory, List<String> arguments, Optional<Path> tokenFile) {
    return new HeldLauncher(Launchers.chosen(config), ControlGroups.ofThisMachine())
        .plan(
            new RunnerStart(config, arguments, RunnerEnvironment.of(config), directory, tokenFile));
  }

  /** What is wrong with the Python of that plan, where a runner ended before it said anything. */
  public static Optional<String> complaint(LaunchPlan plan) {
    return plan.interpreter()
        .flatMap(
            interpreter ->
                PythonVersion.byAsking(interpreter)
                    .filter(version -> !version.usable())
                    .map(
                        version ->
                            interpreter
                                + " is Python "
                                + version
                                + "; the runner needs "
                                + PythonVersion.OLDEST
                                + " or newer, choose another with python(...) or --python"));
  }
}
