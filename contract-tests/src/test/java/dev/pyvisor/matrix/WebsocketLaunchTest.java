package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.backend.WebsocketBackend;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.load.Wrappers;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.LaunchFailed;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A runner that was to listen and does not. */
@ExtendWith({Census.class, HangReport.class})
class WebsocketLaunchTest {
  @TempDir Path folder;

  /** The test's own limit is far below the time that it could have waited. */
  @Test
  @Rule({"C116b", "H9"})
  void one_that_ends_before_it_listens_is_told_at_once_with_its_status_and_its_last_words() {
    Path ends = Wrappers.shell(folder, "ends", "echo 'no luck today' >&2; exit 2");
    LaunchFailed refused = refused(ends, Duration.ofMinutes(10));
    assertThat(refused).hasMessageContaining("exit status 2").hasMessageContaining("no luck today");
  }

  @Test
  @Rule({"C80", "H9"})
  void one_that_never_listens_is_given_up_at_the_start_time_out() {
    Path silent = Wrappers.shell(folder, "silent", "exec sleep 30");
    assertThat(refused(silent, Duration.ofMillis(300))).hasMessageContaining("300 ms");
  }

  private static LaunchFailed refused(Path python, Duration start) {
    LaunchFailed refused =
        catchThrowableOfType(
            LaunchFailed.class,
            () -> OpenClients.open(new WebsocketBackend().client(python).startTimeout(start)));
    assertThat(refused).as("opening with " + python).isNotNull();
    assertThat(refused.delivery()).isEqualTo(Delivery.NEVER_SENT);
    return refused;
  }
}
