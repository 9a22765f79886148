package dev.pyvisor.author;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.contract.backend.BackendUnderTest;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.FarSide;
import java.util.EnumSet;
import java.util.Set;

/** What the backend over a socket states of itself. */
public final class SocketBackend implements BackendUnderTest {
  @Override
  public String name() {
    return "socket";
  }

  /** Its runner is told of no limits. */
  @Override
  public Set<Capability> capabilities() {
    return EnumSet.complementOf(EnumSet.of(Capability.LIMITS));
  }

  /** Our child; of its streams only standard error is a pipe that we hold the other end of. */
  @Override
  public void verifyPath(FarSide runner) {
    assertThat(runner.isChildOfHost()).as("%s is a child of this process", runner).isTrue();
    assertThat(runner.command()).last().isEqualTo("supervisor");
    runner.pipesToHost().ifPresent(pipes -> assertThat(pipes).as("%s", runner).hasSize(1));
  }
}
