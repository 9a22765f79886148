package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.FarSide;
import dev.pyvisor.contract.backend.Row;
import org.junit.jupiter.api.Test;

/** A row of the matrix is about the backend and the Python that it names, and about no other. */
public interface PathContract extends RunnerContract {

  /** The row; its backend states how the path is proven. */
  Row row();

  @Test
  @Rule("B1")
  default void the_runner_was_reached_over_the_backend_that_the_row_names() {
    try (SupervisorClient client = open()) {
      assertThat(client.runner().backend()).isEqualTo(row().backend().name());
      assertThat(client.runner().pythonVersion()).startsWith(row().version() + ".");
      String parent =
          client.session().execute("import os; print(os.getppid())").stdoutText().strip();
      assertThat(parent).as("the parent of the kernel").isEqualTo("" + client.runner().pid());
      row().backend().verifyPath(FarSide.of(client));
    }
  }
}
