package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.RunnerGone;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.testing.Census;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whatever the user's executor does, what was promised is kept. */
@Timeout(60)
@ExtendWith(Census.class)
class CallbackExecutorTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CallbackExecutor refused =
      new CallbackExecutor(
          task -> {
            throw new RejectedExecutionException("full");
          },
          threads);

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  @Test
  void what_the_users_executor_takes_runs_there_and_nowhere_else() {
    List<Runnable> taken = new ArrayList<>();
    Runnable task = () -> {};
    new CallbackExecutor(
            taken::add,
            other -> {
              throw new AssertionError("it was taken");
            })
        .execute(task);
    assertThat(taken).containsExactly(task);
  }

  @Test
  void a_mailbox_runs_its_tasks_all_the_same() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    new Mailbox(refused).post(done::countDown);
    assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void a_future_for_the_user_completes_all_the_same() {
    CompletableFuture<String> internal = new CompletableFuture<>();
    CompletableFuture<String> shown = Futures.published(internal, refused);
    assertThat(shown).isNotDone();
    internal.complete("value");
    assertThat(shown).succeedsWithin(PATIENCE).isEqualTo("value");
  }

  @Test
  void a_future_for_the_user_fails_all_the_same() {
    CompletableFuture<String> internal = new CompletableFuture<>();
    CompletableFuture<String> shown = Futures.published(internal.thenApply(it -> it), refused);
    IllegalStateException failure = new IllegalStateException("failure");
    internal.completeExceptionally(failure);
    assertThat(shown)
        .failsWithin(PATIENCE)
        .withThrowableOfType(ExecutionException.class)
        .withCause(failure);
  }

  @Test
  void what_a_client_has_shown_settles_also_where_its_executor_is_shut_down_before()
      throws Exception {
    MemoryBackend.STARTED.clear();
    ExecutorService users = Executors.newSingleThreadExecutor();
    CompletableFuture<ExitReport> exited;
    try (SupervisorClient client =
        SupervisorClient.builder()
            .backend("memory")
            .trusted()
            .restart(false)
            .callbackExecutor(users)
            .open()) {
      MemoryBackend.Runner runner = MemoryBackend.next();
      assertThat(runner.asked()).startsWith("session.open ");
      exited = client.exited();
      CellRun run = client.session().start(Cell.of("x"));
      assertThat(runner.asked()).startsWith("execute ");
      CompletableFuture<String> answer =
          client.requestAsync("unanswered", "{}", Duration.ofMinutes(1));
      assertThat(runner.asked()).startsWith("unanswered ");
      users.shutdown();
      runner.kill("killed");
      assertThat(run.outcome())
          .succeedsWithin(PATIENCE)
          .extracting(outcome -> outcome.kind())
          .isEqualTo(OutcomeKind.UNKNOWN);
      assertThat(answer)
          .failsWithin(PATIENCE)
          .withThrowableOfType(ExecutionException.class)
          .withCauseInstanceOf(RunnerGone.class);
      assertThat(exited).succeedsWithin(PATIENCE);
    } finally {
      users.shutdownNow();
    }
  }
}
