package dev.pyvisor.contract;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A backend under test. Every contract extends this; each of its tests has a time limit, and fails
 * when it leaves a thread, process, descriptor or temporary file behind.
 */
@ExtendWith({Census.class, HangReport.class})
public interface RunnerContract {

  /** A new builder for a client of the backend under test; the contract adds tools and opens it. */
  SupervisorClient.Builder client();

  /** A new folder as one that runners of the backend can have as their workspace. */
  default Path workspace(Path folder) throws IOException {
    return folder;
  }

  /**
   * Behind the name of what is measured, where a contract is run under a condition of its own: ", 4
   * KiB pipes". Default: nothing.
   */
  default String under() {
    return "";
  }

  /** The numbers that this machine has for processes of a client's runner, which told its own. */
  default List<Long> here(SupervisorClient client, List<Long> told) {
    return told.stream().map(pid -> Processes.here(client.runner().pid(), pid)).toList();
  }

  /** The same for one. */
  default long here(SupervisorClient client, long told) {
    return Processes.here(client.runner().pid(), told);
  }

  /** An open client with these tools. */
  default SupervisorClient open(Tool... tools) {
    SupervisorClient.Builder builder = client();
    for (Tool tool : tools) {
      builder.tool(tool);
    }
    return OpenClients.open(builder);
  }
}
