package dev.pyvisor.transport.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.Input;
import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.TransportConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class LaunchersTest {
  /** One that can be used unless there is an obstacle, and starts nothing. */
  private record Stub(Launcher kind, Optional<String> obstacle) implements RunnerLauncher {
    static Stub usable(Launcher kind) {
      return new Stub(kind, Optional.empty());
    }

    static Stub unusable(Launcher kind) {
      return new Stub(kind, Optional.of("no " + kind.word() + " for you; install it"));
    }

    @Override
    public LaunchPlan plan(RunnerStart start) {
      throw new AssertionError("nothing is to be started");
    }
  }

  private static TransportConfig config(Sandbox sandbox) {
    return Configs.of(Path.of("/nowhere"), Optional.empty(), sandbox);
  }

  private static Optional<Launcher> taken(Sandbox sandbox, RunnerLauncher... launchers) {
    return Launchers.isolated(config(sandbox), List.of(launchers)).sandbox().launcher();
  }

  private static Sandbox image(Optional<Launcher> launcher) {
    return new Sandbox(
        launcher,
        Optional.of("python:3"),
        Optional.empty(),
        Optional.empty(),
        ResourceLimits.none());
  }

  @Test
  void the_strongest_that_can_be_used_is_taken() {
    Stub process = Stub.usable(Launcher.PROCESS);
    Stub podman = Stub.usable(Launcher.PODMAN);
    assertThat(taken(Sandbox.UNCHOSEN, process, podman, Stub.usable(Launcher.BUBBLEWRAP)))
        .contains(Launcher.BUBBLEWRAP);
    assertThat(taken(Sandbox.UNCHOSEN, process, podman, Stub.unusable(Launcher.BUBBLEWRAP)))
        .contains(Launcher.PODMAN);
    assertThat(taken(image(Optional.empty()), Stub.usable(Launcher.BUBBLEWRAP), podman))
        .as("who names an image means a container")
        .contains(Launcher.PODMAN);
  }

  @Test
  void what_was_chosen_is_not_changed() {
    assertThat(taken(Sandbox.by(Launcher.PROCESS), Stub.usable(Launcher.BUBBLEWRAP)))
        .contains(Launcher.PROCESS);
  }

  @Test
  void where_none_isolates_the_start_is_refused_with_what_is_in_the_way_of_each() {
    assertThatThrownBy(
            () ->
                taken(
                    Sandbox.UNCHOSEN,
                    Stub.usable(Launcher.PROCESS),
                    Stub.unusable(Launcher.BUBBLEWRAP),
                    Stub.unusable(Launcher.PODMAN)))
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("bubblewrap: no bubblewrap for you; install it")
        .hasMessageContaining("podman: no podman for you; install it")
        .hasMessageContaining("docker: not in this version")
        .hasMessageContaining("launcher=process (--launcher process), which isolates nothing");
  }

  @Test
  void what_is_for_another_launcher_is_refused_not_left_out() {
    for (Optional<Launcher> launcher :
        List.of(
            Optional.<Launcher>empty(),
            Optional.of(Launcher.PROCESS),
            Optional.of(Launcher.BUBBLEWRAP))) {
      assertThatThrownBy(() -> Launchers.chosen(config(image(launcher))))
          .isInstanceOf(LaunchFailed.class)
          .hasMessageContaining("image 'python:3' is for the launcher docker or podman")
          .hasMessageContaining(launcher.orElse(Launcher.PROCESS).word());
    }
    Sandbox command =
        new Sandbox(
            Optional.of(Launcher.BUBBLEWRAP),
            Optional.empty(),
            Optional.empty(),
            Optional.of("ssh box"),
            ResourceLimits.none());
    assertThatThrownBy(() -> Launchers.chosen(config(command)))
        .hasMessageContaining("launch-command 'ssh box' is for the launcher command");
  }

  @Test
  void inputs_are_refused_where_the_code_could_change_them() {
    List<Input> inputs = List.of(Input.of(Path.of("/a/b")), Input.of(Path.of("c")));
    for (Launcher kind : Launcher.values()) {
      TransportConfig config = config(Sandbox.by(kind).reading(inputs));
      if (kind == Launcher.PROCESS || kind == Launcher.COMMAND) {
        assertThatThrownBy(() -> Launchers.chosen(config))
            .isInstanceOf(LaunchFailed.class)
            .hasMessageContaining(
                "inputs '/a/b,c' is for the launcher bubblewrap or docker or podman, and this one is "
                    + kind.word());
      } else {
        assertThat(Launchers.chosen(config).kind()).isEqualTo(kind);
      }
    }
  }
}
