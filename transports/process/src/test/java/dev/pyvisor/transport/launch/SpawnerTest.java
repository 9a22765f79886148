package dev.pyvisor.transport.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.AbstractList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a machine that is out of threads or memory does to the one thread that starts processes. */
@Timeout(60)
@DisplayNameGeneration(ReplaceUnderscores.class)
class SpawnerTest {
  private static final String NO_THREAD = "unable to create native thread";

  /** Nobody waits that long: what fails, fails before. */
  private static final Duration LIMIT = Duration.ofHours(1);

  /** The words of a command; the JDK asks for them as an array when it starts the process. */
  private static final class Command extends AbstractList<String> {
    private final List<String> words;
    private final Runnable starting;

    Command(List<String> words, Runnable starting) {
      this.words = words;
      this.starting = starting;
    }

    @Override
    public String get(int index) {
      return words.get(index);
    }

    @Override
    public int size() {
      return words.size();
    }

    @Override
    public <T> T[] toArray(T[] array) {
      starting.run();
      return super.toArray(array);
    }
  }

  @Test
  void a_start_that_ends_in_an_error_fails_at_once_with_the_reason_and_the_next_one_works()
      throws Exception {
    Thread before = spawning();
    ProcessBuilder hopeless =
        new ProcessBuilder(new Command(List.of("/bin/true"), this::exhausted));
    assertThatThrownBy(() -> Spawner.start(hopeless, LIMIT))
        .isInstanceOf(IOException.class)
        .hasRootCauseInstanceOf(OutOfMemoryError.class)
        .hasMessageContaining(NO_THREAD);
    assertThat(spawning()).as("the thread that its children live with").isSameAs(before);
  }

  @Test
  void a_child_whose_start_has_failed_after_the_fork_is_killed_and_another_like_it_is_not()
      throws Exception {
    List<String> sleep = List.of("/bin/sleep", "600");
    AtomicReference<Process> forked = new AtomicReference<>();
    Process other = Spawner.start(tagged(sleep), LIMIT);
    try {
      ProcessBuilder half = tagged(sleep);
      half.command(
          new Command(
              sleep,
              () -> {
                forked.set(startedWith(sleep, half));
                exhausted();
              }));
      assertThatThrownBy(() -> Spawner.start(half, LIMIT)).hasMessageContaining(NO_THREAD);
      assertThat(forked.get().waitFor(30, TimeUnit.SECONDS)).as("it was killed").isTrue();
      assertThat(other.isAlive()).isTrue();
    } finally {
      other.destroyForcibly();
      forked.get().destroyForcibly();
    }
  }

  @Test
  void where_its_own_thread_cannot_be_made_a_start_fails_and_the_next_one_tries_again()
      throws Exception {
    AtomicBoolean poor = new AtomicBoolean(true);
    Spawner spawner =
        new Spawner(
            work -> {
              if (poor.get()) {
                exhausted();
              }
              return new Thread(work, "test-spawner");
            });
    ProcessBuilder builder = new ProcessBuilder("/bin/true");
    assertThatThrownBy(() -> spawner.started(builder, LIMIT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(NO_THREAD);
    poor.set(false);
    assertThat(spawner.started(builder, LIMIT).waitFor()).isZero();
  }

  private void exhausted() {
    throw new OutOfMemoryError(NO_THREAD);
  }

  /** Starts a process and returns the thread that did. */
  private static Thread spawning() throws Exception {
    AtomicReference<Thread> thread = new AtomicReference<>();
    Command command = new Command(List.of("/bin/true"), () -> thread.set(Thread.currentThread()));
    assertThat(Spawner.start(new ProcessBuilder(command), LIMIT).waitFor()).isZero();
    return thread.get();
  }

  private static ProcessBuilder tagged(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().put("TAG", UUID.randomUUID().toString());
    return builder;
  }

  private static Process startedWith(List<String> command, ProcessBuilder like) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().putAll(like.environment());
    try {
      return builder.start();
    } catch (IOException problem) {
      throw new AssertionError(problem);
    }
  }
}
