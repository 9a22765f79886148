package dev.pyvisor.attack;

/** The positive control: on Python itself every attack does what it is written for. */
class OnBareTest extends AttackSuite {
  OnBareTest() {
    super(Cage.BARE);
  }
}
