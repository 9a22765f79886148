package dev.pyvisor.contract.backend;

import java.util.EnumSet;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;

/**
 * What the backends on the class path state of themselves, found by {@link ServiceLoader}.
 *
 * <p>Immutable.
 */
public final class Statements {
  private Statements() {}

  /** The statement of the backend of that name, if its authors ship one. */
  public static Optional<BackendUnderTest> of(String name) {
    return ServiceLoader.load(BackendUnderTest.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(backend -> backend.name().equals(name))
        .findFirst();
  }

  /** Of a backend that states nothing: it is held to everything, and its path to its own word. */
  public static BackendUnderTest none(String name) {
    return new BackendUnderTest() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Set<Capability> capabilities() {
        return EnumSet.allOf(Capability.class);
      }

      @Override
      public void verifyPath(FarSide runner) {}
    };
  }
}
