package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.load.Wrappers;
import dev.pyvisor.outcome.OutcomeKind;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pipes that an interpreter of {@link Wrappers#tinyPipes} has are small indeed: the system says so.
 */
@Needs(Capability.PAYLOAD)
public interface TinyPipesContract extends RunnerContract {
  @Test
  @Rule("H1")
  default void the_three_streams_of_a_runner_hold_one_page(@TempDir Path folder) {
    String program =
        """
        rest = start()
        kind, asked, _, _ = next(rest)
        write(reply(asked, {"bytes": [fcntl.fcntl(fd, 1032) for fd in (0, 1, 2)]}))  # F_GETPIPE_SZ
        for nothing in rest: pass
        """;
    try (SupervisorClient client = OpenClients.open(Stub.instead(client(), folder, program))) {
      String size = Integer.toString(Wrappers.TINY);
      assertThat(client.request("status", "{}"))
          .isEqualTo("{\"bytes\":[" + size + "," + size + "," + size + "]}");
    }
  }

  @Test
  @Rule("H17")
  default void the_output_of_each_kernel_goes_through_pipes_of_one_page() {
    String sizes = "import fcntl, os\nprint(*(fcntl.fcntl(fd, 1032) for fd in (1, 2)))";
    String both = Wrappers.TINY + " " + Wrappers.TINY + "\n";
    try (SupervisorClient client = open()) {
      Session session = client.session();
      assertThat(session.execute(sizes).stdoutText()).isEqualTo(both);
      assertThat(session.execute("os._exit(7)").kind()).isEqualTo(OutcomeKind.CRASHED);
      assertThat(session.execute(sizes).stdoutText()).as("of the next one").isEqualTo(both);
    }
  }
}
