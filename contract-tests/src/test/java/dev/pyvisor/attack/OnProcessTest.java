package dev.pyvisor.attack;

/** What {@code process} keeps off: next to nothing. */
class OnProcessTest extends AttackSuite {
  OnProcessTest() {
    super(Cage.PROCESS);
  }
}
