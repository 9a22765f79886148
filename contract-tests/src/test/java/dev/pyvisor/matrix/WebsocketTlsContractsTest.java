package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.ExecutionContract;
import dev.pyvisor.contract.OutputContract;
import dev.pyvisor.contract.Tier;
import dev.pyvisor.contract.ToolContract;
import dev.pyvisor.contract.backend.RunsFrom;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** What cells and tools are held to, beneath TLS: the link above it is the same. */
@RunsFrom(
    tier = Tier.WIDE,
    why = "the rows hold to it without TLS, and WebsocketTlsTest the link with it")
class WebsocketTlsContractsTest implements ExecutionContract, ToolContract, OutputContract {
  @TempDir static Path folder;
  private static Certificate certificate;
  private static Listener runner;

  @BeforeAll
  static void listen() throws Exception {
    certificate = Certificate.local(folder);
    runner = Listener.start(folder, certificate.shown());
  }

  @AfterAll
  static void end() {
    runner.close();
  }

  @Override
  public SupervisorClient.Builder client() {
    return runner.client().backendOption("websocket.caFile", certificate.chain().toString());
  }
}
