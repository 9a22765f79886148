package dev.pyvisor.contract.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Launcher;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.error.LaunchFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A backend whose runners live in containers of podman, made from the image that {@code
 * .ci/sandbox-image} makes.
 *
 * <p>Immutable.
 */
public abstract class PodmanBackend extends SandboxBackend {
  /** The image; its Python is its own. */
  public static final String IMAGE = "localhost/pyvisor-python";

  /** What podman has to be told on this machine beside what Pyvisor tells it. */
  private static final String OPTIONS = "PYVISOR_CONTAINERS";

  private static final int SOMEBODY = 61_000;
  private static final Path PYTHON = Path.of("python3");

  /** A container of root's shares the user's numbers with the machine. */
  private static final Set<String> NAMESPACES = Set.of("ipc", "mnt", "net", "pid", "uts");

  /** {@code plain}: the same with plain processes. */
  PodmanBackend(BackendUnderTest plain) {
    super(plain, Launcher.PODMAN, NAMESPACES);
  }

  /** No program of this machine is in the image. */
  @Override
  public Set<Capability> capabilities() {
    Set<Capability> capabilities = super.capabilities();
    capabilities.remove(Capability.PAYLOAD);
    return capabilities;
  }

  @Override
  public Map<String, String> options(Path python) {
    return plain.options(PYTHON);
  }

  @Override
  public Optional<String> obstacle() {
    return Trial.obstacle();
  }

  /** The image has one Python, whichever was asked for. */
  @Override
  public SupervisorClient.Builder client(Path python) {
    return inPodman(plain.client(PYTHON));
  }

  @Override
  public Path workspace(Path folder) throws IOException {
    return handedOver(folder);
  }

  /** No code in a container runs as root, and what is root's is nothing that it may write to. */
  public static Path handedOver(Path folder) throws IOException {
    if (Files.getAttribute(folder, "unix:uid").equals(0)) {
      Files.setAttribute(folder, "unix:uid", SOMEBODY);
      Files.setAttribute(folder, "unix:gid", SOMEBODY);
    }
    return folder;
  }

  /** The same client with runners in podman. */
  public static SupervisorClient.Builder inPodman(SupervisorClient.Builder client) {
    client.launcher(Launcher.PODMAN).image(IMAGE);
    String options = System.getenv(OPTIONS);
    return options == null ? client : client.containerOptions(options);
  }

  /** Nobody whom we have started. */
  @Override
  void verifyMaker(FarSide conmon) {
    assertThat(Path.of(conmon.command().get(0))).hasFileName("conmon");
  }

  /**
   * Frames over its standard streams, which podman hands on.
   *
   * <p>Immutable.
   */
  public static final class Pipe extends PodmanBackend {
    /** For {@link Backend}. */
    public Pipe() {
      super(new PipeBackend());
    }

    @Override
    void verifyChannel(FarSide runner) {
      assertThat(runner.command()).last().isEqualTo("supervisor");
    }
  }

  /**
   * A socket that was opened outside.
   *
   * <p>Immutable.
   */
  public static final class Websocket extends PodmanBackend {
    /** For {@link Backend}. */
    public Websocket() {
      super(new WebsocketBackend());
    }

    @Override
    void verifyChannel(FarSide runner) {
      verifyInheritedSocket(runner);
    }
  }

  /**
   * Whether a container can be made on this machine; one is made, once.
   *
   * <p>Immutable.
   */
  private static final class Trial {
    private static final @Nullable String WHY = why();

    private Trial() {}

    static Optional<String> obstacle() {
      return Optional.ofNullable(WHY);
    }

    private static @Nullable String why() {
      if (Sandboxes.areRequired()) {
        return null;
      }
      try {
        inPodman(SupervisorClient.builder().backend("pipe").python(PYTHON).trusted())
            .open()
            .close();
        return null;
      } catch (LaunchFailed failed) {
        return failed.getMessage()
            + " (.ci/sandbox-image makes the image; "
            + OPTIONS
            + " holds what podman needs on this machine)";
      }
    }
  }
}
