package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A runner of somebody else's making says less about its errors than ours. */
@ExtendWith({Census.class, HangReport.class})
class PipePlainErrorTest {
  @TempDir Path folder;

  @Test
  @Rule({"C38", "ERR-2"})
  void an_error_without_data_and_of_an_unknown_number_keeps_its_number_and_text()
      throws IOException {
    Path payload = Files.createDirectory(folder.resolve("payload"));
    try (InputStream stub = getClass().getResourceAsStream("/stubs/plain_errors.py")) {
      Files.copy(
          Objects.requireNonNull(stub),
          payload.resolve("__main__.py"),
          StandardCopyOption.REPLACE_EXISTING);
    }
    try (SupervisorClient client =
        OpenClients.open(Pipe.client(Interpreters.standard()).payload(payload))) {
      for (int i = 0; i < 2; i++) {
        CallFailed failed =
            catchThrowableOfType(CallFailed.class, () -> client.request("anything", "{}"));
        assertThat(failed.code()).isEqualTo(ErrorCode.INTERNAL);
        assertThat(failed.wireCode()).isEqualTo(-31999);
        assertThat(failed).hasMessageContaining("missing_name");
        assertThat(failed.delivery()).isEqualTo(Delivery.ANSWERED);
      }
    }
  }
}
