package dev.pyvisor.contract.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Launcher;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * The backend {@code websocket}, with a listening runner that it starts itself.
 *
 * <p>Immutable.
 */
public final class WebsocketBackend implements BackendUnderTest {
  @Override
  public String name() {
    return "websocket";
  }

  /**
   * Its runner speaks records on a socket: a program that speaks bare frames cannot stand in. And a
   * network may be away for minutes.
   */
  @Override
  public Set<Capability> capabilities() {
    return EnumSet.complementOf(EnumSet.of(Capability.PAYLOAD, Capability.PROMPT_END));
  }

  /** Plain processes: what a launcher adds has rows of its own. */
  @Override
  public Optional<Launcher> launcher() {
    return Optional.of(Launcher.PROCESS);
  }

  @Override
  public void verifyPath(FarSide runner) {
    assertThat(runner.isChildOfHost()).as("%s is a child of this process", runner).isTrue();
    assertThat(runner.command()).contains("--listen");
  }
}
