package dev.pyvisor.contract.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;

/**
 * What the deprecated stdio backend states of itself: what the old line dialect can carry, which is
 * none of what a backend may lack.
 *
 * <p>Immutable.
 */
public final class StdioBackend implements BackendUnderTest {
  @Override
  public String name() {
    return "stdio";
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(Capability.PROMPT_END);
  }

  /** Our child, with a pipe of ours for each of its streams, told to speak the dialect. */
  @Override
  public void verifyPath(FarSide runner) {
    assertThat(runner.isChildOfHost()).as("%s is a child of this process", runner).isTrue();
    assertThat(runner.command()).last().isEqualTo("--stdio");
    runner.pipesToHost().ifPresent(pipes -> assertThat(pipes).as("%s", runner).hasSize(3));
  }
}
