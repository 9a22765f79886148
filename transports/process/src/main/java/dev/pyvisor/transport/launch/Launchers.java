package dev.pyvisor.transport.launch;

import dev.pyvisor.Launcher;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.TransportConfig;
import java.util.List;

/**
 * The launchers there are, and the choice among them.
 *
 * <p>Immutable.
 */
public final class Launchers {
  private static final List<RunnerLauncher> ALL =
      List.of(
          new ProcessLauncher(),
          new BubblewrapLauncher(),
          new ContainerLauncher(Launcher.PODMAN),
          new ContainerLauncher(Launcher.DOCKER));

  private Launchers() {}

  /** All that can start a runner. */
  public static List<RunnerLauncher> all() {
    return ALL;
  }

  /**
   * The chosen one, else a plain process.
   *
   * @throws LaunchFailed when that one is not there
   */
  public static RunnerLauncher chosen(TransportConfig config) {
    Launcher kind = config.sandbox().launcher().orElse(Launcher.PROCESS);
    return ALL.stream()
        .filter(launcher -> launcher.kind() == kind)
        .findFirst()
        .orElseThrow(
            () ->
                new LaunchFailed(
                    config.runnerId(),
                    "the launcher "
                        + kind.word()
                        + " is not in this version; usable: "
                        + String.join(", ", ALL.stream().map(one -> one.kind().word()).toList())));
  }
}
