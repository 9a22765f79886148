package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.error.ProtocolViolated;
import dev.pyvisor.testing.Census;
import dev.pyvisor.testing.Rule;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Sessions of a runner in memory that says of them what this side cannot use. */
@Timeout(60)
@ExtendWith(Census.class)
class OpeningTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String NO_PATH = ",\"workspace\":\"a\\u0000b\"";

  @BeforeEach
  @AfterEach
  void say_what_is_usable() {
    MemoryBackend.opened = "";
    MemoryBackend.STARTED.clear();
  }

  @Test
  @Rule("SES-9")
  void a_client_whose_workspace_is_no_path_here_does_not_open_and_says_why() {
    MemoryBackend.opened = NO_PATH;
    assertThat(begun(OpeningTest::open))
        .failsWithin(PATIENCE)
        .withThrowableOfType(ExecutionException.class)
        .havingCause()
        .isInstanceOf(LaunchFailed.class)
        .withMessageContaining(
            "the result of session.open.workspace must be a path on this machine")
        .withMessageContaining("is the JVM's locale a UTF-8 one?")
        .withMessageContaining("not \"a\\u0000b\"");
  }

  @Test
  @Rule("SES-9")
  void a_session_whose_workspace_is_no_path_here_does_not_open_and_says_why() {
    try (SupervisorClient client = open()) {
      MemoryBackend.opened = NO_PATH;
      assertThat(begun(() -> client.openSession("other")))
          .failsWithin(PATIENCE)
          .withThrowableOfType(ExecutionException.class)
          .havingCause()
          .isInstanceOf(ProtocolViolated.class)
          .withMessageContaining("must be a path on this machine")
          .withMessageContaining("not \"a\\u0000b\"");
    }
  }

  private static SupervisorClient open() {
    return SupervisorClient.builder().backend("memory").trusted().open();
  }

  /** On a thread of its own: what waits for ever is not to hold up the test. */
  private static <T> CompletableFuture<T> begun(Supplier<T> opening) {
    return CompletableFuture.supplyAsync(
        opening,
        task -> {
          Thread thread = new Thread(task, "opening");
          thread.setDaemon(true);
          thread.start();
        });
  }
}
