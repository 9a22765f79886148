package dev.pyvisor.transport.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Launcher;
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
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(ReplaceUnderscores.class)
class InputFilesTest {
  private static final List<String> MOUNTS =
      List.of(
          "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
          "30 22 0:25 / /data rw - tmpfs none rw",
          "31 22 0:26 / /data/a\\040b/in rw shared:3 - tmpfs none rw",
          "32 22 0:27 / /database rw - tmpfs none rw");

  @TempDir Path folder;

  @Test
  void another_file_system_in_a_folder_is_found_and_the_folders_own_is_none() {
    assertThat(InputFiles.mountedIn(Path.of("/data/a b"), MOUNTS))
        .contains(Path.of("/data/a b/in"));
    assertThat(InputFiles.mountedIn(Path.of("/data"), MOUNTS)).contains(Path.of("/data/a b/in"));
    for (String whole : List.of("/database", "/data/a b/in", "/data/c")) {
      assertThat(InputFiles.mountedIn(Path.of(whole), MOUNTS)).as(whole).isEmpty();
    }
  }

  @Test
  void a_container_gets_no_input_with_another_file_system_in_it() {
    assertThatThrownBy(() -> InputFiles.requireWhole(reading(Path.of("/sys/kernel/.."))))
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("the input /sys/kernel/.. has another file system in it, at /sys/")
        .hasMessageContaining("or use the launcher bubblewrap");
    InputFiles.requireWhole(reading(folder));
  }

  private TransportConfig reading(Path host) {
    return Configs.of(
        folder,
        Optional.empty(),
        Sandbox.by(Launcher.PODMAN).reading(List.of(new Input(host, "data"))));
  }
}
