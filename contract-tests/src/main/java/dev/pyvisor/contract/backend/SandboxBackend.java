package dev.pyvisor.contract.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Launcher;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A backend whose runners live in a sandbox.
 *
 * <p>Immutable.
 */
abstract class SandboxBackend implements BackendUnderTest {
  /** The same with plain processes. */
  final BackendUnderTest plain;

  private final Launcher launcher;
  private final Set<String> namespaces;

  /** {@code namespaces}: those that no runner of it shares with this process. */
  SandboxBackend(BackendUnderTest plain, Launcher launcher, Set<String> namespaces) {
    this.plain = plain;
    this.launcher = launcher;
    this.namespaces = namespaces;
  }

  @Override
  public final String name() {
    return plain.name();
  }

  @Override
  public final String label() {
    return plain.name() + "+" + launcher.word();
  }

  /** No process inside can kill the first one, whose streams are held until it has ended. */
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
  public final Optional<Launcher> launcher() {
    return Optional.of(launcher);
  }

  /**
   * The first process of namespaces that are not ours. Who is not root sees no namespaces of a
   * process that hides itself; it sees its numbers.
   */
  @Override
  public final void verifyPath(FarSide runner) {
    assertThat(runner.pidInside()).as("%s, by its own count", runner).isEqualTo(1);
    verifyMaker(runner.above());
    if (!runner.namespaces().isEmpty()) {
      assertThat(runner.namespaces()).containsKeys(namespaces.toArray(String[]::new));
      assertThat(runner.sharedNamespaces())
          .as("%s shares", runner)
          .doesNotContainAnyElementsOf(namespaces);
    }
    verifyChannel(runner);
  }

  /** Fails unless this is what made the sandbox. */
  abstract void verifyMaker(FarSide above);

  /** Fails unless the runner was reached over the backend. */
  abstract void verifyChannel(FarSide runner);

  /** That it was reached over a socket that was opened outside. */
  static void verifyInheritedSocket(FarSide runner) {
    assertThat(runner.command()).contains("--listen").anyMatch(word -> word.startsWith("fd:"));
  }
}
