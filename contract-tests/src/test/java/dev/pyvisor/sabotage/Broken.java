package dev.pyvisor.sabotage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.contract.backend.BackendUnderTest;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.FarSide;
import java.util.EnumSet;
import java.util.Set;

/** A backend that states everything of itself and has a fault. */
record Broken(String name) implements BackendUnderTest {
  @Override
  public Set<Capability> capabilities() {
    return EnumSet.allOf(Capability.class);
  }

  @Override
  public void verifyPath(FarSide runner) {
    assertThat(runner.isChildOfHost()).isTrue();
  }
}
