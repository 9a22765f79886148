package dev.pyvisor.contract.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Launcher;
import dev.pyvisor.transport.launch.Launchers;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * A backend whose runners live in bubblewrap.
 *
 * <p>Immutable.
 */
public abstract class BubblewrapBackend extends SandboxBackend {
  /** All but those of time, which none of us leaves. */
  private static final Set<String> NAMESPACES =
      Set.of("cgroup", "ipc", "mnt", "net", "pid", "user", "uts");

  /** {@code plain}: the same with plain processes. */
  BubblewrapBackend(BackendUnderTest plain) {
    super(plain, Launcher.BUBBLEWRAP, NAMESPACES);
  }

  @Override
  public Optional<String> obstacle() {
    return Sandboxes.areRequired() ? Optional.empty() : Launchers.obstacle(Launcher.BUBBLEWRAP);
  }

  /** A bwrap that we started. */
  @Override
  void verifyMaker(FarSide bwrap) {
    assertThat(Path.of(bwrap.command().get(0))).hasFileName("bwrap");
    assertThat(bwrap.isChildOfHost()).as("%s is a child of this process", bwrap).isTrue();
  }

  /**
   * Frames over the pipes of its standard streams.
   *
   * <p>Immutable.
   */
  public static final class Pipe extends BubblewrapBackend {
    /** For {@link Backend}. */
    public Pipe() {
      super(new PipeBackend());
    }

    @Override
    void verifyChannel(FarSide runner) {
      assertThat(runner.command()).last().isEqualTo("supervisor");
      runner.pipesToHost().ifPresent(pipes -> assertThat(pipes).as("%s", runner).hasSize(3));
    }
  }

  /**
   * A socket that was opened outside.
   *
   * <p>Immutable.
   */
  public static final class Websocket extends BubblewrapBackend {
    /** For {@link Backend}. */
    public Websocket() {
      super(new WebsocketBackend());
    }

    @Override
    void verifyChannel(FarSide runner) {
      verifyInheritedSocket(runner);
    }
  }
}
