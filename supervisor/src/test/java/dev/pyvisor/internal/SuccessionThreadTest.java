package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.CheckpointPolicy;
import dev.pyvisor.TimeLimit;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.transport.Trust;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A dead runner on a machine that is out of threads. */
@Timeout(20)
class SuccessionThreadTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final TimeLimit ANY = TimeLimit.of(LIMIT);

  @TempDir Path directory;

  @Test
  @Rule("C83")
  void a_start_for_which_no_thread_can_be_made_fails_at_once_and_the_next_use_tries_again()
      throws Exception {
    MemoryBackend.broken = false;
    MemoryBackend.STARTED.clear();
    AtomicBoolean poor = new AtomicBoolean(true);
    ThreadRoster threads =
        new ThreadRoster(
            "poor",
            work -> {
              if (poor.get()) {
                throw new OutOfMemoryError("unable to create native thread");
              }
              return new Thread(work);
            });
    ThreadRoster others = new ThreadRoster("others");
    Timer timer = new SystemTimer(others);
    ClientResources resources =
        new ClientResources(
            directory,
            timer,
            new Counters(),
            Trace.off(),
            new CallbackExecutor(Runnable::run, Runnable::run),
            true);
    ToolHost tools = new ToolHost(1, ANY, others);
    Succession runners =
        new Succession(
            settings(),
            timer,
            threads,
            number -> new Connection("r" + number, settings(), resources, tools, params -> {}));
    try {
      runners.current().abandon("it died");
      Deadline by = Deadline.in(timer, LIMIT);
      assertThatThrownBy(() -> runners.usable(by))
          .isInstanceOf(LaunchFailed.class)
          .hasMessageContaining("unable to create native thread");
      poor.set(false);
      assertThat(runners.usable(by)).isSameAs(runners.current());
      assertThat(runners.current().ended()).isFalse();
    } finally {
      runners.abandon("the test is over");
      runners.close();
      tools.close();
      timer.stop();
    }
  }

  private ClientSettings settings() {
    return new ClientSettings(
        "memory",
        Map.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        List.of(),
        Trust.STATED,
        Sandbox.UNCHOSEN,
        LIMIT,
        LIMIT,
        ANY,
        LIMIT,
        ANY,
        CheckpointPolicy.AUTO,
        List.of(),
        1,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        directory,
        true);
  }
}
