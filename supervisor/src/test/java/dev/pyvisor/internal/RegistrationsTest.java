package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.testing.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Registrations that do not overtake one another. */
@Timeout(20)
class RegistrationsTest {
  private final Registrations registrations = new Registrations();
  private final List<String> done = new ArrayList<>();

  @Test
  @Rule("LIF-11")
  void one_that_is_on_its_way_is_not_overtaken_and_another_is_refused_at_its_deadline() {
    run(
        "first",
        () ->
            // On the same thread, which shows that nothing but the turn is in its way.
            assertThatThrownBy(() -> run("second", () -> {}))
                .isInstanceOfSatisfying(
                    CallTimedOut.class,
                    late -> assertThat(late.delivery()).isEqualTo(Delivery.NEVER_SENT)));
    assertThat(done).containsExactly("first");
    run("third", () -> {});
    assertThat(done).containsExactly("first", "third");
  }

  @Test
  void one_that_fails_holds_up_nobody() {
    assertThatThrownBy(
            () ->
                run(
                    "refused",
                    () -> {
                      throw new IllegalArgumentException("too many");
                    }))
        .isInstanceOf(IllegalArgumentException.class);
    run("next", () -> {});
    assertThat(done).containsExactly("next");
  }

  private void run(String name, Runnable registration) {
    Deadline soon = Deadline.in(new ManualTimer(), Duration.ofMillis(20));
    registrations.run(
        "test",
        soon,
        () -> {
          registration.run();
          done.add(name);
        });
  }
}
