package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.load.Interpreters;
import java.nio.file.Path;

/** Clients of the pipe backend. */
final class Pipe {
  private Pipe() {}

  static SupervisorClient.Builder client() {
    return client(Interpreters.standard());
  }

  static SupervisorClient.Builder client(Path python) {
    return SupervisorClient.builder().backend("pipe").python(python).trusted();
  }
}
