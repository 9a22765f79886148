package dev.pyvisor.contract.backend;

import dev.pyvisor.Launcher;
import dev.pyvisor.SupervisorClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a backend states of itself in order to be held against the contracts. An implementation has
 * a constructor without arguments, so that {@link Backend} can name it.
 *
 * <p>Immutable.
 */
public interface BackendUnderTest {

  /** The name under which clients ask for the backend. */
  String name();

  /** What its rows are called: the name, and what else its runners have. Default: the name. */
  default String label() {
    return name();
  }

  /**
   * What it can do. A contract that needs more is skipped, and the matrix says for want of what.
   */
  Set<Capability> capabilities();

  /**
   * Whether it carries the frames of this project: a dialect of text lines has no {@link
   * Capability#TYPED_VALUES}.
   */
  default boolean carriesFrames() {
    return capabilities().contains(Capability.TYPED_VALUES);
  }

  /**
   * Fails unless the runner was reached over this backend and no other. It is told what the system
   * says of the runner's process, so the proof comes from the far side.
   */
  void verifyPath(FarSide runner);

  /** The backend's own options for a runner with this interpreter. Default: none. */
  default Map<String, String> options(Path python) {
    return Map.of();
  }

  /** Why its runners cannot be started on this machine. Its rows are skipped, and say so. */
  default Optional<String> obstacle() {
    return Optional.empty();
  }

  /** What starts its runners. Default: what the backend takes where nobody says. */
  default Optional<Launcher> launcher() {
    return Optional.empty();
  }

  /** Makes a new folder one that the backend's runners can have as their workspace. */
  default Path workspace(Path folder) throws IOException {
    return folder;
  }

  /** A new builder for a client whose runner has this interpreter. */
  default SupervisorClient.Builder client(Path python) {
    SupervisorClient.Builder builder =
        SupervisorClient.builder().backend(name()).python(python).trusted();
    launcher().ifPresent(builder::launcher);
    options(python).forEach((option, value) -> builder.backendOption(name() + "." + option, value));
    return builder;
  }
}
