package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.CellRun;
import dev.pyvisor.Defaults;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.Transfer;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.HostSide;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.contract.load.Begun;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The end of a client: once, in time, and from wherever it is asked for. */
@HostSide
public interface ClosingContract extends RunnerContract {
  /**
   * Who is closed meanwhile is waited for as long as two closes take; a busy machine adds to it.
   */
  Duration SOON = Defaults.CLOSE_LIMIT.multipliedBy(4);

  String SLEEPS = "print('begun', flush=True)\nimport time\nwhile True: time.sleep(9)";

  @Test
  @Rule({"C103", "H34"})
  default void closing_again_does_nothing_and_the_runner_has_ended() throws Exception {
    SupervisorClient client = open();
    long supervisor = client.runner().pid();
    Begun begun = new Begun();
    CellRun running = client.session().start(Cell.of(SLEEPS).listener(begun));
    client.close();
    assertThat(running.await().kind()).isIn(OutcomeKind.UNKNOWN, OutcomeKind.NEVER_STARTED);
    assertThatCode(client::close).doesNotThrowAnyException();
    assertThat(client.exited()).isDone();
    assertThat(Processes.alive(supervisor)).isFalse();
  }

  /** It cannot hear that its input has ended: what outlives its time is killed. */
  @Test
  @Rule({"C103", "P16"})
  default void a_runner_that_does_not_end_by_itself_is_killed() throws IOException {
    SupervisorClient client = open();
    long supervisor = client.runner().pid();
    Processes.signal(supervisor, "STOP");
    long begun = System.nanoTime();
    client.close();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
    Awaitility.await().atMost(SOON).until(() -> !Processes.alive(supervisor));
    client.close();
  }

  @Test
  @Rule({"C104", "H34"})
  default void a_tool_closes_its_own_client() throws Exception {
    AtomicReference<SupervisorClient> client = new AtomicReference<>();
    CompletableFuture<Void> closed = new CompletableFuture<>();
    Tool closing =
        Tool.of(
            "closing",
            (arguments, context) -> {
              closing(client.get(), closed);
              return null;
            });
    try (SupervisorClient opened = open(closing)) {
      client.set(opened);
      CellRun run = opened.session().start(Cell.of("await closing()"));
      endsWith(opened, closed);
      assertThat(run.await().ok()).isFalse();
    }
  }

  /** What interrupts the tool is the close that the tool then asks for. */
  @Test
  @Rule({"C104", "H34"})
  default void a_tool_that_a_close_interrupts_closes_the_client_itself() throws Exception {
    AtomicReference<SupervisorClient> client = new AtomicReference<>();
    CountDownLatch called = new CountDownLatch(1);
    CompletableFuture<Void> closed = new CompletableFuture<>();
    Tool tidy =
        Tool.of(
            "tidy",
            (arguments, context) -> {
              called.countDown();
              try {
                return new CountDownLatch(1).await(15, TimeUnit.SECONDS);
              } finally {
                closing(client.get(), closed);
              }
            });
    SupervisorClient opened = open(tidy);
    try (opened) {
      client.set(opened);
      opened.session().start(Cell.of("await tidy()"));
      assertThat(called.await(10, TimeUnit.SECONDS)).isTrue();
    }
    endsWith(opened, closed);
  }

  @Test
  @Rule({"C104", "H34"})
  @Needs(Capability.STREAMING)
  default void a_listener_closes_the_client_that_it_listens_to() throws Exception {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    try (SupervisorClient client = open()) {
      CellListener listener =
          new CellListener() {
            @Override
            public void onOutput(OutputChunk chunk) {
              closing(client, closed);
            }
          };
      CellRun run = client.session().start(Cell.of(SLEEPS).listener(listener));
      endsWith(client, closed);
      assertThat(run.await().ok()).isFalse();
    }
  }

  @Test
  @Rule({"C104", "H34"})
  default void what_follows_an_outcome_closes_the_client_on_the_callers_only_thread_too()
      throws Exception {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    try (SupervisorClient client = open()) {
      client.session().start(Cell.of("1")).outcome().thenRun(() -> closing(client, closed));
      endsWith(client, closed);
    }
    ExecutorService only = Executors.newSingleThreadExecutor();
    CompletableFuture<Void> there = new CompletableFuture<>();
    try (SupervisorClient client = OpenClients.open(client().callbackExecutor(only))) {
      client.session().start(Cell.of("1")).outcome().thenRun(() -> closing(client, there));
      endsWith(client, there);
    } finally {
      only.shutdown();
    }
    assertThat(only.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  @Rule({"C104", "H34"})
  default void who_hears_of_a_new_generation_or_of_the_end_closes_the_client() throws Exception {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    CompletableFuture<Void> again = new CompletableFuture<>();
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.onGeneration(change -> closing(client, closed));
      client.exited().thenRun(() -> closing(client, again));
      CellRun running = session.start(Cell.of("import time; time.sleep(60)"));
      Processes.kill(client.runner().pid());
      running.outcome().get(10, TimeUnit.SECONDS);
      session.start(Cell.of("1"));
      endsWith(client, closed);
      assertThat(again).succeedsWithin(SOON);
    }
  }

  @Test
  @Rule({"C104", "H34"})
  @Needs(Capability.FILES)
  default void a_listener_of_a_transfer_closes_the_client(@TempDir Path folder) throws Exception {
    Path file = Files.write(folder.resolve("f"), new byte[FileContract.LARGE]);
    CompletableFuture<Void> closed = new CompletableFuture<>();
    try (SupervisorClient client = open()) {
      Transfer how = Transfer.plain().listener((path, bytes, total) -> closing(client, closed));
      CompletableFuture<Void> put = client.session().files().putAsync(file, "f", how);
      endsWith(client, closed);
      assertThat(put).failsWithin(SOON);
    }
  }

  private static void closing(SupervisorClient client, CompletableFuture<Void> closed) {
    try {
      client.close();
      closed.complete(null);
    } catch (RuntimeException | Error failed) {
      closed.completeExceptionally(failed);
    }
  }

  private static void endsWith(SupervisorClient client, CompletableFuture<Void> closed) {
    assertThat(closed).succeedsWithin(SOON);
    assertThat(client.exited()).succeedsWithin(SOON);
  }
}
