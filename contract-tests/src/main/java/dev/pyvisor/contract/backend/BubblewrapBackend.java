package dev.pyvisor.contract.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Launcher;
import dev.pyvisor.transport.launch.Launchers;
import dev.pyvisor.transport.launch.RunnerLauncher;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A backend whose runners live in bubblewrap.
 *
 * <p>Immutable.
 */
public abstract class BubblewrapBackend implements BackendUnderTest {
  /** All but those of time, which none of us leaves. */
  private static final Set<String> NAMESPACES =
      Set.of("cgroup", "ipc", "mnt", "net", "pid", "user", "uts");

  private final BackendUnderTest plain;

  /** {@code plain}: the same with plain processes. */
  BubblewrapBackend(BackendUnderTest plain) {
    this.plain = plain;
  }

  @Override
  public String name() {
    return plain.name();
  }

  @Override
  public String label() {
    return plain.name() + "+" + Launcher.BUBBLEWRAP.word();
  }

  /** No process inside can kill the first one, and bwrap holds its streams until it has ended. */
  @Override
  public Set<Capability> capabilities() {
    Set<Capability> capabilities = EnumSet.copyOf(plain.capabilities());
    capabilities.remove(Capability.BARE);
    return capabilities;
  }

  @Override
  public Map<String, String> options(Path python) {
    return plain.options(python);
  }

  @Override
  public Optional<String> obstacle() {
    return obstacle(Launcher.BUBBLEWRAP);
  }

  /**
   * Why a launcher cannot be used here; empty, too, where tests that need one are to fail rather
   * than to be skipped.
   */
  public static Optional<String> obstacle(Launcher launcher) {
    return "required".equals(System.getenv("PYVISOR_SANDBOXES"))
        ? Optional.empty()
        : Launchers.all().stream()
            .filter(one -> one.kind() == launcher)
            .findFirst()
            .flatMap(RunnerLauncher::obstacle);
  }

  @Override
  public Optional<Launcher> launcher() {
    return Optional.of(Launcher.BUBBLEWRAP);
  }

  /**
   * The first process of namespaces that are not ours, below a bwrap that we started. Who is not
   * root sees no namespaces of a process that hides itself; it sees its numbers.
   */
  @Override
  public void verifyPath(FarSide runner) {
    assertThat(runner.pidInside()).as("%s, by its own count", runner).isEqualTo(1);
    FarSide bwrap = runner.above();
    assertThat(Path.of(bwrap.command().get(0))).hasFileName("bwrap");
    assertThat(bwrap.isChildOfHost()).as("%s is a child of this process", bwrap).isTrue();
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
      assertThat(runner.command()).contains("--listen").anyMatch(word -> word.startsWith("fd:"));
    }
  }
}
