package dev.pyvisor.attack;

/** What {@code bubblewrap} keeps off. */
class OnBubblewrapTest extends AttackSuite {
  OnBubblewrapTest() {
    super(Cage.BUBBLEWRAP);
  }
}
