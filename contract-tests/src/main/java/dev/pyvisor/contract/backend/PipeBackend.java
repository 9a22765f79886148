package dev.pyvisor.contract.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;

/**
 * What the pipe backend states of itself.
 *
 * <p>Immutable.
 */
public final class PipeBackend implements BackendUnderTest {
  @Override
  public String name() {
    return "pipe";
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.allOf(Capability.class);
  }

  /**
   * Our child, with a pipe of ours each for what it reads, what it writes and what it complains.
   */
  @Override
  public void verifyPath(FarSide runner) {
    assertThat(runner.isChildOfHost()).as("%s is a child of this process", runner).isTrue();
    assertThat(runner.command()).last().isEqualTo("supervisor");
    runner.pipesToHost().ifPresent(pipes -> assertThat(pipes).as("%s", runner).hasSize(3));
  }
}
