package dev.pyvisor.attack;

/** What a container of {@code podman} keeps off. */
class OnPodmanTest extends AttackSuite {
  OnPodmanTest() {
    super(Cage.PODMAN);
  }
}
