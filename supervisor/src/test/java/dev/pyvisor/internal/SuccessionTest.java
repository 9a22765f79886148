package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.GenerationChange;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.error.CallCancelled;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.testing.Census;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.tool.Tool;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Runners in memory that follow one another. */
@Timeout(20)
@ExtendWith(Census.class)
class SuccessionTest {
  private SupervisorClient client;
  private Session session;
  private MemoryBackend.Runner first;

  @BeforeEach
  void open() throws InterruptedException {
    MemoryBackend.broken = false;
    MemoryBackend.STARTED.clear();
    client =
        SupervisorClient.builder()
            .backend("memory")
            .trusted()
            .tool(Tool.of("echo", (arguments, context) -> "here"))
            .callTimeout(Duration.ofSeconds(10))
            .open();
    session = client.session();
    first = MemoryBackend.next();
    assertThat(first.asked()).startsWith("session.open ");
    assertThat(first.asked()).startsWith("tools.register ");
  }

  @AfterEach
  void close() {
    MemoryBackend.broken = false;
    client.close();
  }

  @Test
  @Rule("C83")
  void the_next_runner_starts_only_when_nothing_of_the_dead_one_is_left() throws Exception {
    first.die();
    CompletableFuture<CellRun> use = start();
    // The dead one still has its last second.
    assertThat(MemoryBackend.STARTED.poll(200, TimeUnit.MILLISECONDS)).isNull();
    first.gone.countDown();
    MemoryBackend.Runner second = MemoryBackend.next();
    assertThat(second.asked()).startsWith("session.open ").contains("\"generation\":2");
    assertThat(second.asked()).startsWith("tools.register ").contains("echo");
    assertThat(second.asked()).startsWith("execute ");
    assertThat(use).succeedsWithin(Duration.ofSeconds(10));
    assertThat(client.runner().incarnation()).isEqualTo(second.id).isNotEqualTo(first.id);
  }

  @Test
  @Rule({"H6", "SES-4", "SES-8"})
  void an_id_of_a_dead_runner_settles_nothing_of_the_next_one() throws Exception {
    CompletableFuture<String> lost = ask();
    first.asked();
    end(first);
    assertThat(lost).failsWithin(Duration.ofSeconds(10));
    start();
    MemoryBackend.Runner second = MemoryBackend.next();
    for (int asked = 0; asked < 3; asked++) { // its session, its tools, the cell
      second.asked();
    }
    CompletableFuture<String> open = ask();
    assertThat(second.asked()).startsWith("question ");
    List<String> before = List.copyOf(first.ids);
    List<String> after = List.copyOf(second.ids);
    assertThat(Stream.concat(before.stream(), after.stream())).hasSize(7).doesNotHaveDuplicates();

    for (String id : before) {
      second.replies(id, "\"of a former request\"");
    }
    assertThat(client.counters().lateReplies()).isEqualTo(before.size());
    assertThat(client.counters().staleFrames()).isZero();
    for (String id : after) {
      first.replies(id, "\"of a dead runner\"");
    }
    assertThat(client.counters().staleFrames()).isEqualTo(after.size());
    assertThat(open).isNotDone();
    second.replies(after.get(3), "\"its own\"");
    assertThat(open).succeedsWithin(Duration.ofSeconds(10)).isEqualTo("\"its own\"");
    assertThat(client.counters().lateReplies()).isEqualTo(before.size());
    end(second); // it answers no shutdown, which would be waited for
  }

  private CompletableFuture<String> ask() {
    return client.requestAsync("question", "{}", Duration.ofSeconds(10));
  }

  @Test
  @Rule("C83")
  void a_death_by_itself_starts_nothing() throws Exception {
    end(first);
    assertThat(MemoryBackend.STARTED.poll(200, TimeUnit.MILLISECONDS)).isNull();
    assertThat(client.exited()).isNotDone();
    assertThat(client.runner().incarnation()).isEqualTo(first.id);
  }

  @Test
  @Rule("C83")
  void a_runner_that_dies_at_once_each_time_is_started_once_for_each_use() throws Exception {
    end(first);
    for (int use = 0; use < 5; use++) {
      CompletableFuture<CellRun> run = start();
      MemoryBackend.Runner runner = MemoryBackend.next();
      runner.asked();
      runner.asked();
      assertThat(runner.asked()).startsWith("execute ");
      end(runner);
      Outcome outcome = run.get(10, TimeUnit.SECONDS).outcome().get(10, TimeUnit.SECONDS);
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.UNKNOWN);
      assertThat(outcome.cell()).as("numbers are never used again").isEqualTo(use + 1);
    }
    assertThat(MemoryBackend.STARTED).isEmpty();
    assertThat(session.generation()).isEqualTo(6);
  }

  @Test
  @Rule("C88")
  void what_was_registered_while_no_runner_could_be_started_is_not_there_later() throws Exception {
    BlockingQueue<GenerationChange> told = new LinkedBlockingQueue<>();
    session.onGeneration(told::add);
    end(first);
    MemoryBackend.broken = true;
    assertThatThrownBy(() -> session.registerTools(Tool.of("late", (a, c) -> 1)))
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("the backend is broken");
    assertThat(session.execute("x").kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
    assertThat(told).isEmpty();
    MemoryBackend.broken = false;
    session.registerTools(Tool.of("later", (a, c) -> 1));
    MemoryBackend.Runner second = MemoryBackend.next();
    second.asked();
    assertThat(second.asked()).contains("echo").doesNotContain("late");
    assertThat(second.asked()).contains("echo", "later").doesNotContain("\"late\"");
    assertThat(told.poll(10, TimeUnit.SECONDS).generation()).isEqualTo(2);
  }

  @Test
  @Rule("LIF-11")
  void a_registration_begins_when_the_one_before_it_has_been_answered() throws Exception {
    first.registering = new CountDownLatch(1);
    CompletableFuture<Void> before =
        CompletableFuture.runAsync(
            () -> session.registerTools(Tool.of("before", (a, c) -> 1)),
            task -> new Thread(task).start());
    assertThat(first.asked()).contains("echo", "before");
    Thread.currentThread().interrupt(); // so it does not wait for its turn
    assertThatThrownBy(() -> session.registerTools(Tool.of("hasty", (a, c) -> 1)))
        .isInstanceOfSatisfying(
            CallCancelled.class,
            failure -> assertThat(failure.delivery()).isEqualTo(Delivery.NEVER_SENT));
    assertThat(Thread.interrupted()).isTrue();
    first.registering.countDown();
    assertThat(before).succeedsWithin(Duration.ofSeconds(10));
    session.registerTools(Tool.of("after", (a, c) -> 1));
    assertThat(first.asked()).contains("echo", "before", "after").doesNotContain("hasty");
  }

  @Test
  @Rule("C83")
  void a_session_that_is_closed_meanwhile_is_not_opened_again() throws Exception {
    end(first);
    session.close();
    assertThat(session.execute("x").kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
    assertThat(MemoryBackend.STARTED).isEmpty();
    assertThat(client.openSession("other").generation()).isEqualTo(1);
    MemoryBackend.Runner second = MemoryBackend.next();
    assertThat(second.asked()).startsWith("session.open ").contains("other");
  }

  @Test
  @Rule("H33")
  void a_close_while_the_dead_one_is_waited_for_starts_nothing() throws Exception {
    first.die();
    CompletableFuture<CellRun> use = start();
    Awaitility.await()
        .until(() -> client.evidence().toString().contains(first.id + ".2 is being started"));
    client.close();
    Outcome never = use.get(10, TimeUnit.SECONDS).outcome().get(10, TimeUnit.SECONDS);
    assertThat(never.kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
    assertThat(MemoryBackend.STARTED).isEmpty();
    assertThat(client.exited()).succeedsWithin(Duration.ofSeconds(5));
  }

  private CompletableFuture<CellRun> start() {
    return CompletableFuture.supplyAsync(
        () -> session.start(Cell.of("x")), task -> new Thread(task).start());
  }

  private static void end(MemoryBackend.Runner runner) {
    runner.gone.countDown();
    runner.die();
  }
}
