package dev.pyvisor.transport.launch;

import dev.pyvisor.Launcher;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.TransportConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

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
          new ContainerLauncher(Launcher.DOCKER),
          new CommandLauncher());

  /** A container of docker's is begun by a daemon that is root. */
  private static final List<Launcher> STRONGEST_FIRST =
      List.of(Launcher.BUBBLEWRAP, Launcher.PODMAN, Launcher.DOCKER);

  private static final Set<Launcher> CONTAINERS = Set.of(Launcher.PODMAN, Launcher.DOCKER);

  /** What a plain process reads it can change, and nobody knows what a command of yours starts. */
  private static final Set<Launcher> WITH_INPUTS =
      Set.of(Launcher.BUBBLEWRAP, Launcher.PODMAN, Launcher.DOCKER);

  private static final Optional<String> NOT_HERE = Optional.of("not in this version");

  private Launchers() {}

  /** All that can start a runner. */
  public static List<RunnerLauncher> all() {
    return ALL;
  }

  /** Why this one cannot be used on this machine; empty where it can. */
  public static Optional<String> obstacle(Launcher kind) {
    return obstacle(kind, ALL);
  }

  private static Optional<String> obstacle(Launcher kind, List<RunnerLauncher> launchers) {
    return find(kind, launchers).map(RunnerLauncher::obstacle).orElse(NOT_HERE);
  }

  /**
   * The same with a launcher that isolates, for a backend that asks for one where nobody says what
   * is meant: the strongest that can be used on this machine.
   *
   * @throws LaunchFailed with what is in the way of each, when there is none
   */
  public static TransportConfig isolated(TransportConfig config) {
    return isolated(config, ALL);
  }

  static TransportConfig isolated(TransportConfig config, List<RunnerLauncher> launchers) {
    if (config.sandbox().launcher().isPresent()) {
      return config;
    }
    return config.launchedBy(
        strongest(
            config.runnerId(), config.sandbox().image().isPresent(), "this backend", launchers));
  }

  /**
   * The strongest that isolates and can be used on this machine.
   *
   * @param runnerId whom a refusal is told of
   * @param image whether an image is chosen, which only a container is made of
   * @param who what isolates the code unless a launcher is named
   * @throws LaunchFailed with what is in the way of each, when there is none
   */
  public static Launcher strongest(String runnerId, boolean image, String who) {
    return strongest(runnerId, image, who, ALL);
  }

  private static Launcher strongest(
      String runnerId, boolean image, String who, List<RunnerLauncher> launchers) {
    List<String> obstacles = new ArrayList<>();
    for (Launcher kind : STRONGEST_FIRST) {
      if (kind == Launcher.BUBBLEWRAP && image) {
        continue;
      }
      Optional<String> obstacle = obstacle(kind, launchers);
      if (obstacle.isEmpty()) {
        return kind;
      }
      obstacles.add(kind.word() + ": " + obstacle.get());
    }
    throw new LaunchFailed(
        runnerId,
        who
            + " isolates the code unless a launcher is named, and this machine has none that"
            + " does ("
            + String.join("; ", obstacles)
            + "); mend one of them, or say launcher=process (--launcher process), which isolates"
            + " nothing");
  }

  private static Optional<RunnerLauncher> find(Launcher kind, List<RunnerLauncher> launchers) {
    return launchers.stream().filter(launcher -> launcher.kind() == kind).findFirst();
  }

  /**
   * The chosen one, else a plain process.
   *
   * @throws LaunchFailed when that one is not there, or what was chosen with it is for another
   */
  public static RunnerLauncher chosen(TransportConfig config) {
    Launcher kind = config.sandbox().launcher().orElse(Launcher.PROCESS);
    requireUse(config, "image", config.sandbox().image(), CONTAINERS, kind);
    requireUse(config, "container", config.sandbox().container(), CONTAINERS, kind);
    requireUse(config, "container-options", config.sandbox().containerOptions(), CONTAINERS, kind);
    requireUse(
        config, "launch-command", config.sandbox().command(), Set.of(Launcher.COMMAND), kind);
    requireUse(config, "inputs", inputs(config), WITH_INPUTS, kind);
    return find(kind, ALL)
        .orElseThrow(
            () ->
                new LaunchFailed(
                    config.runnerId(),
                    "the launcher "
                        + kind.word()
                        + " is not in this version; usable: "
                        + String.join(", ", ALL.stream().map(one -> one.kind().word()).toList())));
  }

  private static Optional<String> inputs(TransportConfig config) {
    return config.sandbox().inputs().stream()
        .map(input -> input.host().toString())
        .reduce((one, other) -> one + "," + other);
  }

  /** What would be left out without a word may be what somebody relies on. */
  private static void requireUse(
      TransportConfig config,
      String key,
      Optional<String> value,
      Set<Launcher> users,
      Launcher chosen) {
    if (value.isPresent() && !users.contains(chosen)) {
      String names =
          users.stream().map(Launcher::word).sorted().collect(Collectors.joining(" or "));
      throw new LaunchFailed(
          config.runnerId(),
          ErrorCode.INVALID_ARGUMENT,
          key
              + " '"
              + value.get()
              + "' is for the launcher "
              + names
              + ", and this one is "
              + chosen.word()
              + "; choose launcher="
              + names
              + ", or leave it out",
          null);
    }
  }
}
