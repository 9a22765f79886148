package dev.pyvisor.attack;

import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.config.Configuration;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.launch.Launchers;
import dev.pyvisor.transport.launch.RunnerLauncher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a program is run by: Python itself, which shows that the attack is one, and the launchers.
 *
 * <p>Immutable.
 */
enum Cage {
  BARE,
  PROCESS,
  BUBBLEWRAP,
  PODMAN;

  /** Made by {@code .ci/sandbox-image} from what the machine has. */
  private static final String IMAGE = "localhost/pyvisor-python";

  /** What podman has to be told on this machine beside what Pyvisor tells it. */
  private static final String OPTIONS = "PYVISOR_CONTAINERS";

  private static final int NOBODY = 61_000;

  /** Below what the programs that exhaust something go for. */
  private static final ResourceLimits LIMITS =
      new ResourceLimits(
          OptionalLong.of(256 << 20),
          Optional.empty(),
          OptionalInt.of(200),
          OptionalInt.of(4_000),
          OptionalLong.of(1 << 30),
          OptionalLong.empty());

  /** The launcher's word. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  String heading() {
    return this == BARE ? "bare Python" : "`" + word() + "`";
  }

  /** Whether anything is meant to be kept off. */
  boolean isolates() {
    return this != BARE && this != PROCESS;
  }

  /** Why it cannot be used on this machine. */
  Optional<String> obstacle() {
    if (this == BARE) {
      return Optional.empty();
    }
    Optional<String> obstacle =
        Launchers.all().stream()
            .filter(launcher -> launcher.kind() == Launcher.valueOf(name()))
            .findFirst()
            .map(RunnerLauncher::obstacle)
            .orElse(Optional.of("the launcher " + word() + " is not in this version"));
    return obstacle.isPresent() || !isolates() ? obstacle : trial();
  }

  /** A program that is there may still start nothing: no image, rights that are missing. */
  private Optional<String> trial() {
    try {
      builder().open().close();
      return Optional.empty();
    } catch (LaunchFailed failure) {
      return Optional.of(String.valueOf(failure.getMessage()));
    }
  }

  /** A workspace that its code may write to: in a container nobody is root. */
  Path handedOver(Path workspace) throws IOException {
    if (this == PODMAN && Files.getAttribute(workspace, "unix:uid").equals(0)) {
      Files.setAttribute(workspace, "unix:uid", NOBODY);
    }
    return workspace;
  }

  Attacked open(Path folder, String python) {
    return this == BARE ? new BarePython(folder, python) : new Sandboxed(this, this::builder);
  }

  private SupervisorClient.Builder builder() {
    SupervisorClient.Builder builder =
        SupervisorClient.builder().launcher(Launcher.valueOf(name())).trusted().tools(new Bait());
    if (this == PODMAN) {
      String options = System.getenv(OPTIONS);
      builder
          .configuration(
              options == null
                  ? Configuration.empty()
                  : Configuration.empty().with("container-options=" + options))
          .image(IMAGE);
    }
    return isolates() ? builder.limits(LIMITS) : builder;
  }
}
