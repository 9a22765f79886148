package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Core;
import dev.pyvisor.contract.backend.FarSide;
import dev.pyvisor.contract.backend.Row;
import org.junit.jupiter.api.Test;

/** A row of the matrix is about the backend and the Python that it names, and about no other. */
@Core
public interface PathContract extends RunnerContract {

  /** The row; its backend states how the path is proven. */
  Row row();

  @Test
  @Rule("B1")
  default void the_runner_was_reached_over_the_backend_that_the_row_names() {
    try (SupervisorClient client = open()) {
      assertThat(client.runner().backend()).isEqualTo(row().backend().name());
      FarSide runner = FarSide.of(client);
      String kernel =
          client
              .session()
              .execute("import os, sys; print('%d.%d' % sys.version_info[:2], os.getppid())")
              .stdoutText()
              .strip();
      assertThat(kernel)
          .as("the kernel's Python, and its parent")
          .isEqualTo(row().version() + " " + runner.pidInside());
      row().backend().verifyPath(runner);
    }
  }
}
