package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** In which forms a runner's address is taken, and what is said of all others. */
@ExtendWith({Census.class, HangReport.class})
class WebsocketAddressTest {
  @TempDir Path folder;

  @Test
  @Rule("C117")
  void an_address_is_taken_with_and_without_its_path_and_what_is_none_is_told_with_one_that_is()
      throws Exception {
    try (Listener runner = Listener.start(folder)) {
      String port = runner.address.substring(runner.address.indexOf(':') + 1);
      for (String url :
          List.of(
              "ws://127.0.0.1:" + port,
              "ws://localhost:" + port + "/",
              "WS://LOCALHOST:" + port + "/v1/link")) {
        try (SupervisorClient client = Listener.client(url, runner.token).open()) {
          assertThat(client.session().execute("print(6 * 7)").stdoutText())
              .as(url)
              .isEqualTo("42\n");
        }
      }
      for (String url :
          List.of(
              "localhost:" + port,
              "http://127.0.0.1:" + port,
              "https://127.0.0.1:" + port,
              "ws://127.0.0.1",
              "ws://:" + port,
              "ws://127.0.0.1:" + port + "/ with spaces",
              "")) {
        LaunchFailed refused =
            catchThrowableOfType(
                LaunchFailed.class, () -> Listener.client(url, runner.token).open().close());
        assertThat(refused).as(url).isNotNull();
        assertThat(refused.code()).as(url).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(refused).hasMessageContaining("ws://127.0.0.1:PORT/v1/link");
      }
    }
  }
}
