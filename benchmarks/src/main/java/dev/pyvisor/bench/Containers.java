package dev.pyvisor.bench;

import dev.pyvisor.Launcher;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.SupervisorClient.Builder;
import dev.pyvisor.error.LaunchFailed;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Containers of podman from the image that {@code .ci/sandbox-image} makes.
 *
 * <p>Immutable.
 */
final class Containers {
  private static final String IMAGE = "localhost/pyvisor-python";
  private static final String PYTHON = "python3";

  /** More words for {@code podman run}, as this machine needs them; none holds a space. */
  private static final String OPTIONS = System.getenv().getOrDefault("PYVISOR_CONTAINERS", "");

  private Containers() {}

  /** Has a client's runners live in such containers. */
  static void choose(Builder builder) {
    builder.launcher(Launcher.PODMAN).image(IMAGE).python(Path.of(PYTHON));
    if (!OPTIONS.isBlank()) {
      builder.containerOptions(OPTIONS);
    }
  }

  /**
   * Makes one, once: what is wrong is seen in no other way.
   *
   * @throws RowUnavailable where there can be none
   */
  static void require() throws RowUnavailable {
    Builder builder = SupervisorClient.builder().trusted();
    choose(builder);
    try {
      builder.open().close();
    } catch (LaunchFailed failed) {
      throw new RowUnavailable(String.valueOf(failed.getMessage()));
    }
  }

  /** The command of one with a bare Python, as somebody would make it by hand. */
  static List<String> bare() throws RowUnavailable {
    require();
    List<String> command =
        new ArrayList<>(
            List.of("podman", "run", "--rm", "--interactive", "--pull=never", "--network=none"));
    if (!OPTIONS.isBlank()) {
      command.addAll(List.of(OPTIONS.strip().split("\\s+")));
    }
    command.addAll(List.of(IMAGE, PYTHON, "-I", "-S"));
    return command;
  }
}
