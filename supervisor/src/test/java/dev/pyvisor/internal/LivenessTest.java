package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Defaults;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.wire.Envelope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Silence counts while there is a way to the runner, and only then. */
class LivenessTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  private final ManualTimer timer = new ManualTimer();
  private final AtomicBoolean cut = new AtomicBoolean();
  private final List<String> silent = new ArrayList<>();

  @BeforeEach
  void ask() {
    CallTable calls = new CallTable();
    calls.admit(
        "1",
        new PendingCall() {
          @Override
          public void answered(Envelope.Reply reply) {}

          @Override
          public void failed(RunnerException verdict) {}

          @Override
          public String describe() {
            return "a call";
          }

          @Override
          public long openedNanos() {
            return 0;
          }

          @Override
          public @Nullable Outgoing outgoing() {
            return null;
          }
        });
    new Liveness(timer, new Outbox(), calls, () -> !cut.get(), () -> {}, silent::add).callOpened();
  }

  @Test
  void a_runner_that_answers_no_ping_is_taken_for_dead() {
    timer.advance(Defaults.PING_LIMIT.plus(Defaults.PING_INTERVAL.multipliedBy(2)));
    assertThat(silent).hasSize(1);
  }

  @Test
  void a_cut_is_not_held_against_the_runner_and_silence_after_it_is() {
    cut.set(true);
    timer.advance(LONG);
    assertThat(silent).isEmpty();
    cut.set(false);
    timer.advance(Defaults.PING_LIMIT.plus(Defaults.PING_INTERVAL.multipliedBy(2)));
    assertThat(silent).hasSize(1);
  }
}
