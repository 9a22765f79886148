package dev.pyvisor.contract.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Launcher;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.error.LaunchFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
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
public abstract class PodmanBackend implements BackendUnderTest {
  /** The image; its Python is its own. */
  public static final String IMAGE = "localhost/pyvisor-python";

  /** What podman has to be told on this machine beside what Pyvisor tells it. */
  private static final String OPTIONS = "PYVISOR_CONTAINERS";

  private static final int SOMEBODY = 61_000;
  private static final Path PYTHON = Path.of("python3");

  /** A container of root's shares the user's numbers with the machine. */
  private static final Set<String> NAMESPACES = Set.of("ipc", "mnt", "net", "pid", "uts");

  private final BackendUnderTest plain;

  /** {@code plain}: the same with plain processes. */
  PodmanBackend(BackendUnderTest plain) {
    this.plain = plain;
  }

  @Override
  public String name() {
    return plain.name();
  }

  @Override
  public String label() {
    return plain.name() + "+" + Launcher.PODMAN.word();
  }

  /** No process inside can kill the first one; no program of this machine is in the image. */
  @Override
  public Set<Capability> capabilities() {
    Set<Capability> capabilities = EnumSet.copyOf(plain.capabilities());
    capabilities.remove(Capability.BARE);
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

  @Override
  public Optional<Launcher> launcher() {
    return Optional.of(Launcher.PODMAN);
  }

  /** The image has one Python, whichever was asked for. */
  @Override
  public SupervisorClient.Builder client(Path python) {
    return inPodman(plain.client(PYTHON));
  }

  /** No code in a container runs as root, and what is root's is nothing that it may write to. */
  @Override
  public Path workspace(Path folder) throws IOException {
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

  /** The first process of namespaces that are not ours, and nobody whom we have started. */
  @Override
  public void verifyPath(FarSide runner) {
    assertThat(runner.pidInside()).as("%s, by its own count", runner).isEqualTo(1);
    assertThat(Path.of(runner.above().command().get(0))).hasFileName("conmon");
    if (!runner.namespaces().isEmpty()) {
      assertThat(runner.namespaces()).containsKeys(NAMESPACES.toArray(String[]::new));
      assertThat(runner.sharedNamespaces())
          .as("%s shares", runner)
          .doesNotContainAnyElementsOf(NAMESPACES);
    }
    verifyChannel(runner);
  }

  /** Fails unless the runner was reached over the backend. */
  abstract void verifyChannel(FarSide runner);

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
      assertThat(runner.command()).contains("--listen").anyMatch(word -> word.startsWith("fd:"));
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
      if ("required".equals(System.getenv("PYVISOR_SANDBOXES"))) {
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
