package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.author.SocketBackend;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.backend.BackendUnderTest;
import dev.pyvisor.contract.backend.BubblewrapBackend;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.FarSide;
import dev.pyvisor.contract.backend.PipeBackend;
import dev.pyvisor.contract.backend.Pythons;
import dev.pyvisor.contract.backend.Rows;
import dev.pyvisor.contract.matrix.Matrix;
import dev.pyvisor.contract.matrix.Result;
import dev.pyvisor.contract.run.ContractRun;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A row that is wired to another backend than it names fails, however it came about. */
class PathProofTest {
  private static final BackendUnderTest PIPE = new PipeBackend();
  private static final BackendUnderTest SOCKET = new SocketBackend();

  /**
   * A backend that asks for one provider and proves the path of another.
   *
   * @param name what it says
   * @param provider what its clients are built with
   * @param proof whose path it proves
   */
  private record Miswired(String name, String provider, BackendUnderTest proof)
      implements BackendUnderTest {
    @Override
    public Set<Capability> capabilities() {
      return EnumSet.allOf(Capability.class);
    }

    @Override
    public SupervisorClient.Builder client(Path python) {
      return SupervisorClient.builder().backend(provider).python(python).trusted();
    }

    @Override
    public void verifyPath(FarSide runner) {
      proof.verifyPath(runner);
    }
  }

  @Test
  @Rule("B1")
  void backends_that_are_wired_as_they_say_pass() {
    assertThat(failures(PIPE)).isEmpty();
    assertThat(failures(SOCKET)).isEmpty();
  }

  @Test
  @Rule("B1")
  void a_factory_that_names_one_backend_and_builds_another_fails() {
    assertThat(failures(new Miswired("socket", "pipe", SOCKET)))
        .singleElement()
        .satisfies(failure -> assertThat(failure.detail()).contains("socket", "pipe"));
  }

  /** Who is not root does not see what a supervisor's descriptors lead to. */
  private static void assumeDescriptorsAreSeen() {
    assumeTrue("root".equals(System.getProperty("user.name")), "only root sees the descriptors");
  }

  /** Its provider bears the name of the row, so that only the far side can tell. */
  @Test
  @Rule("B1")
  void a_provider_that_goes_over_the_pipe_under_another_name_fails_from_the_far_side() {
    assumeDescriptorsAreSeen();
    String takesThePipe = "closes-twice";
    assertThat(failures(new Miswired(takesThePipe, takesThePipe, PIPE))).isEmpty();
    assertThat(failures(new Miswired(takesThePipe, takesThePipe, SOCKET)))
        .singleElement()
        .satisfies(failure -> assertThat(failure.detail()).contains("FarSide", "pipe:["));
  }

  @Test
  @Rule("B1")
  void a_socket_is_not_taken_for_a_pipe() {
    assumeDescriptorsAreSeen();
    assertThat(failures(new Miswired("socket", "socket", PIPE)))
        .singleElement()
        .satisfies(failure -> assertThat(failure.detail()).contains("FarSide", "socket:["));
  }

  @Test
  @Rule("B1")
  void a_row_of_one_launcher_that_is_wired_to_another_fails() {
    InBubblewrap.client("pipe");
    BackendUnderTest isolated = new BubblewrapBackend.Pipe();
    assertThat(failures(isolated)).isEmpty();
    assertThat(failures(new Miswired("pipe", "pipe", isolated)))
        .singleElement()
        .satisfies(failure -> assertThat(failure.detail()).contains("by its own count"));
    assertThat(failures(new Launched(isolated, PIPE)))
        .singleElement()
        .satisfies(failure -> assertThat(failure.detail()).contains("is a child of this process"));
  }

  /** Clients of one backend, the proof of another. */
  private record Launched(BackendUnderTest backend, BackendUnderTest proof)
      implements BackendUnderTest {
    @Override
    public String name() {
      return backend.name();
    }

    @Override
    public Set<Capability> capabilities() {
      return backend.capabilities();
    }

    @Override
    public SupervisorClient.Builder client(Path python) {
      return backend.client(python);
    }

    @Override
    public void verifyPath(FarSide runner) {
      proof.verifyPath(runner);
    }
  }

  private static List<Result> failures(BackendUnderTest backend) {
    Matrix matrix =
        ContractRun.of(Rows.of(backend, Pythons.STANDARD)).only(Set.of("ThePath")).run();
    assertThat(matrix.results()).hasSize(1);
    return matrix.failures();
  }
}
