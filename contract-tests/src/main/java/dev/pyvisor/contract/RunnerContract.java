package dev.pyvisor.contract;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.tool.Tool;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A backend under test. Every contract extends this; each of its tests has a time limit, and fails
 * when it leaves a thread, process, descriptor or temporary file behind.
 */
@ExtendWith({Census.class, HangReport.class})
public interface RunnerContract {

  /** A new builder for a client of the backend under test; the contract adds tools and opens it. */
  SupervisorClient.Builder client();

  /** An open client with these tools. */
  default SupervisorClient open(Tool... tools) {
    SupervisorClient.Builder builder = client();
    for (Tool tool : tools) {
      builder.tool(tool);
    }
    return OpenClients.open(builder);
  }
}
