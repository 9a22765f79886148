package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a runner is given is its own: no other one sees it, and it sees nothing of the host's. */
@Needs(Capability.TYPED_VALUES)
public interface PrivacyContract extends RunnerContract {
  /** What README.md says, the runner's own tags, and what Python sets for itself. */
  Set<String> ENVIRONMENT =
      Set.of(
          "PATH",
          "HOME",
          "TZ",
          "LANG",
          "LC_CTYPE",
          "MPLBACKEND",
          "OPENBLAS_NUM_THREADS",
          "OMP_NUM_THREADS",
          "MKL_NUM_THREADS",
          "PYVISOR_CONFINE",
          "PYVISOR_DIR",
          "PYVISOR_RUNNER",
          "PYVISOR_SESSION");

  /** The directories that are its own; one that others may look into is told with what it is. */
  String WHERE =
      """
      import os
      def private(path):
          found = os.stat(path)
          return path if (found.st_mode & 0o777, found.st_uid) == (0o700, os.getuid()) else f'{path}: {found}'
      [private(os.getcwd()), private(os.environ['PYVISOR_DIR'])]
      """;

  @Test
  @Rule({"W36", "C101"})
  default void runners_side_by_side_share_no_directory_and_leave_none() {
    List<String> directories = new ArrayList<>();
    try (SupervisorClient first = open();
        SupervisorClient second = open()) {
      for (Session session : List.of(first.session(), second.session())) {
        directories.addAll(
            List.of(
                session
                    .execute(Cell.of(WHERE).withValue())
                    .value()
                    .orElseThrow()
                    .as(String[].class)));
      }
      assertThat(directories).hasSize(4).doesNotHaveDuplicates();
      assertThat(directories).allSatisfy(directory -> assertThat(Path.of(directory)).exists());
    }
    assertThat(directories).allSatisfy(directory -> assertThat(Path.of(directory)).doesNotExist());
  }

  @Test
  @Rule("W36")
  default void a_cell_sees_nothing_of_the_hosts_environment_but_the_short_list() {
    Set<String> hosts = System.getenv().keySet();
    assertThat(hosts).as("names that must not get there").anyMatch(n -> !ENVIRONMENT.contains(n));
    try (SupervisorClient client = open()) {
      // Podman sets HOSTNAME whatever it is told: to the name that its launcher has given it.
      String[] names =
          client
              .session()
              .execute(
                  Cell.of(
                          "import os\n"
                              + "[n for n, v in os.environ.items() if (n, v) != ('HOSTNAME',"
                              + " 'pyvisor')]")
                      .withValue())
              .value()
              .orElseThrow()
              .as(String[].class);
      assertThat(names).contains("PATH", "LANG").isSubsetOf(ENVIRONMENT);
    }
  }
}
