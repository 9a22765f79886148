package dev.pyvisor.transport.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.Sandbox;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ContainerLauncherTest {
  @TempDir Path folder;

  private LaunchPlan plan(RunnerLauncher launcher, Optional<String> image) {
    Sandbox sandbox =
        new Sandbox(
            Optional.of(launcher.kind()),
            image,
            Optional.empty(),
            Optional.empty(),
            ResourceLimits.none());
    return launcher.plan(
        new RunnerStart(
            Configs.of(folder, Optional.empty(), sandbox),
            List.of("supervisor"),
            Map.of(),
            folder,
            Optional.empty()));
  }

  @Test
  void where_the_engine_cannot_be_used_that_is_what_is_told() {
    for (Launcher kind : List.of(Launcher.PODMAN, Launcher.DOCKER)) {
      ContainerLauncher launcher = new ContainerLauncher(kind);
      Optional<String> obstacle = launcher.obstacle();
      assertThatThrownBy(() -> plan(launcher, Optional.of("localhost/none-of-that-name")))
          .isInstanceOf(LaunchFailed.class)
          .hasMessageContaining(
              obstacle.isPresent()
                  ? "no runner in a container: " + obstacle.get()
                  : "there is no image 'localhost/none-of-that-name' here");
    }
  }

  @Test
  void an_engine_that_is_not_on_the_path_is_told_with_how_to_install_it() {
    assertThat(new Engine(Launcher.PROCESS).obstacle())
        .contains("process is not on the PATH; install process (apt-get install process)");
  }

  @Test
  void an_image_is_needed_and_is_no_option() {
    ContainerLauncher launcher = new ContainerLauncher(Launcher.PODMAN);
    if (launcher.obstacle().isEmpty()) {
      assertThatThrownBy(() -> plan(launcher, Optional.empty()))
          .hasMessageContaining("the launcher podman needs an image");
      assertThatThrownBy(() -> plan(launcher, Optional.of("--privileged")))
          .hasMessageContaining("the image '--privileged' would be read as an option");
    }
  }

  @Test
  void only_memory_and_processes_are_limits_of_the_container() {
    ResourceLimits limits =
        ResourceLimits.none()
            .withMemory(64L << 20)
            .withProcesses(50)
            .withOpenFiles(200)
            .withCpuTime(Duration.ofSeconds(3));
    Sandbox sandbox =
        new Sandbox(
            Optional.of(Launcher.PODMAN),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            limits);
    assertThat(ContainerOptions.limited(Configs.of(folder, Optional.empty(), sandbox)))
        .containsExactly("--pids-limit=50", "--memory=67108864", "--memory-swap=67108864");
  }
}
