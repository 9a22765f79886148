package dev.pyvisor.attack;

import dev.pyvisor.contract.Tier;
import dev.pyvisor.contract.backend.RunsFrom;

/** The positive control: on Python itself every attack does what it is written for. */
@RunsFrom(tier = Tier.WIDE, why = "what Python does by itself depends on no line of ours")
class OnBareTest extends AttackSuite {
  OnBareTest() {
    super(Cage.BARE);
  }
}
