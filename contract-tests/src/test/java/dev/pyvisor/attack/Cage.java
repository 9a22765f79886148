package dev.pyvisor.attack;

import dev.pyvisor.Launcher;
import dev.pyvisor.SupervisorClient;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

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

  /** The launcher's word. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  String heading() {
    return this == BARE ? "bare Python" : "`" + word() + "`";
  }

  /** Why it cannot be used on this machine. */
  Optional<String> obstacle() {
    return Optional.empty();
  }

  Attacked open(Path folder, String python) {
    return this == BARE ? new BarePython(folder, python) : new Sandboxed(this::builder);
  }

  private SupervisorClient.Builder builder() {
    return SupervisorClient.builder()
        .launcher(Launcher.valueOf(name()))
        .trusted()
        .tools(new Bait());
  }
}
