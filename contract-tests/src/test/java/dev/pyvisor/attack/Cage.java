package dev.pyvisor.attack;

import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.PodmanBackend;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.launch.Launchers;
import java.io.IOException;
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
    Optional<String> obstacle = Launchers.obstacle(Launcher.valueOf(name()));
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
    return this == PODMAN ? PodmanBackend.handedOver(workspace) : workspace;
  }

  Attacked open(Path folder, String python) {
    return this == BARE ? new BarePython(folder, python) : new Sandboxed(this, this::builder);
  }

  private SupervisorClient.Builder builder() {
    SupervisorClient.Builder builder =
        SupervisorClient.builder().launcher(Launcher.valueOf(name())).trusted().tools(new Bait());
    if (this == PODMAN) {
      PodmanBackend.inPodman(builder);
    }
    return isolates() ? builder.limits(LIMITS) : builder;
  }
}
