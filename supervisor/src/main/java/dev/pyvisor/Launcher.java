package dev.pyvisor;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How the process of a runner is started, and so what its code can reach. docs/SECURITY.md says
 * what each keeps off, and what it does not.
 *
 * <p>Immutable.
 */
public enum Launcher {
  /** A plain child process. It isolates nothing: code runs with the rights of this process. */
  PROCESS,
  /** A process in namespaces of its own, by the program {@code bwrap}. */
  BUBBLEWRAP,
  /** A container, by the program {@code podman}. */
  PODMAN,
  /** A container, by the program {@code docker}. */
  DOCKER,
  /** Whatever a command line of yours starts, on this machine or on another. */
  COMMAND;

  /** The word in configurations and on the command line. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** All words, those that isolate nothing first. */
  public static List<String> words() {
    return Arrays.stream(values()).map(Launcher::word).toList();
  }
}
