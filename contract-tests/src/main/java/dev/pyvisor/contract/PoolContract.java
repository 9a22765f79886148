package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Heavy;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.load.Latencies;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.pool.Lease;
import dev.pyvisor.pool.SessionPool;
import dev.pyvisor.tool.Tool;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runners that are lent to one user after the other. */
@OneBackend
@Needs(Capability.SESSIONS)
public interface PoolContract extends RunnerContract {
  /** A pool of the backend under test. */
  private SessionPool.Builder pool(Tool... tools) {
    return SessionPool.of(
        () -> {
          SupervisorClient.Builder builder = client();
          for (Tool tool : tools) {
            builder.tool(tool);
          }
          return OpenClients.open(builder);
        });
  }

  @Test
  @Rule("C145")
  default void nothing_of_a_lease_is_seen_by_the_next() {
    try (SessionPool pool = pool(Tool.of("one", (arguments, context) -> 1)).size(1).open()) {
      String told;
      try (Lease first = pool.lease()) {
        Outcome outcome =
            first
                .session()
                .execute(
                    """
                    import os, subprocess
                    secret = 42
                    os.environ['SECRET'] = '42'
                    open('secret.txt', 'w').write('42')
                    left = subprocess.Popen(['sleep', '60'], start_new_session=True).pid
                    print(os.getcwd(), left)
                    """);
        assertThat(outcome.ok()).as(outcome.toString()).isTrue();
        told = outcome.stdoutText().strip();
      }
      try (Lease next = pool.lease()) {
        Outcome outcome =
            next.session()
                .execute(
                    "import os\nprint('secret' in globals(), 'SECRET' in os.environ, os.listdir(), os.path.exists("
                        + "'"
                        + told.split(" ")[0]
                        + "'), os.path.exists('/proc/"
                        + told.split(" ")[1]
                        + "'), await one())");
        assertThat(outcome.stdoutText()).isEqualTo("False False [] False False 1\n");
      }
    }
  }

  @Test
  @Rule({"C154", "C175", "C176"})
  @Needs(Capability.TOOL_FATES)
  default void a_runner_whose_tools_outlive_their_cells_is_replaced_and_ends_with_them()
      throws Exception {
    ToolDeadlineContract.Heedless heedless = new ToolDeadlineContract.Heedless(1);
    try (SessionPool pool = pool(heedless.tool()).size(1).open()) {
      try (Lease lease = pool.lease()) {
        Outcome outcome =
            lease.session().execute(Cell.of("await heedless()").timeout(Duration.ofSeconds(2)));
        assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.TIMED_OUT);
        assertThat(heedless.begun.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(lease.session().hostWork()).isEqualTo(1);
      }
      try (Lease next = pool.lease()) {
        assertThat(next.session().hostWork()).isZero();
        assertThat(pool.status().retired()).isEqualTo(1);
        heedless.release.countDown();
        await().until(() -> pool.status().retired() == 0);
      }
    }
  }

  /** A tool that waits for as long as nobody interrupts it. */
  final class Heeding {
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch interrupted = new CountDownLatch(1);
    private final CountDownLatch never = new CountDownLatch(1);

    Tool tool() {
      return Tool.of(
              "heeding",
              (arguments, context) -> {
                begun.countDown();
                try {
                  never.await();
                  return "released";
                } catch (InterruptedException cancelled) {
                  interrupted.countDown();
                  throw cancelled;
                }
              })
          .noTimeout();
    }
  }

  @Test
  @Rule("C154")
  @Needs(Capability.TOOL_FATES)
  default void a_lease_that_is_closed_ends_the_tool_that_runs_and_its_cell() throws Exception {
    Heeding heeding = new Heeding();
    try (SessionPool pool = pool(heeding.tool()).size(1).open()) {
      Lease lease = pool.lease();
      CellRun run = lease.session().start(Cell.of("await heeding()").noTimeout());
      assertThat(heeding.begun.await(10, TimeUnit.SECONDS)).isTrue();
      lease.close();
      assertHasEnded(heeding, run, lease);
      try (Lease next = pool.lease()) {
        assertThat(next.session().execute("print(1)").stdoutText()).isEqualTo("1\n");
      }
    }
  }

  @Test
  @Rule("C154")
  @Needs(Capability.TOOL_FATES)
  default void a_lease_that_is_discarded_ends_the_tool_that_runs_its_cell_and_its_runner()
      throws Exception {
    Heeding heeding = new Heeding();
    ToolDeadlineContract.Heedless heedless = new ToolDeadlineContract.Heedless(1);
    List<SupervisorClient> clients = new CopyOnWriteArrayList<>();
    SessionPool.Builder builder =
        SessionPool.of(
                () -> {
                  SupervisorClient opened =
                      OpenClients.open(
                          client().tool(heeding.tool()).tool(heedless.tool().noTimeout()));
                  clients.add(opened);
                  return opened;
                })
            .size(1);
    try (SessionPool pool = builder.open()) {
      Lease lease = pool.lease();
      CellRun run =
          lease
              .session()
              .start(
                  Cell.of("import asyncio\nawait asyncio.gather(heeding(), heedless())")
                      .noTimeout());
      assertThat(heeding.begun.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(heedless.begun.await(10, TimeUnit.SECONDS)).isTrue();
      lease.discard();
      assertHasEnded(heeding, run, lease);
      clients.get(0).exited().get(15, TimeUnit.SECONDS);
      await().until(() -> lease.session().hostWork() == 1); // the heedless one, in Java only
    } finally {
      heedless.release.countDown();
    }
  }

  private static void assertHasEnded(Heeding heeding, CellRun run, Lease lease) throws Exception {
    assertThat(heeding.interrupted.await(15, TimeUnit.SECONDS)).as("interrupted").isTrue();
    Outcome outcome = run.outcome().get(15, TimeUnit.SECONDS);
    assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.UNKNOWN);
    Outcome after = lease.session().execute("print(1)");
    assertThat(after.kind()).as(after.toString()).isEqualTo(OutcomeKind.NEVER_STARTED);
  }

  /** Each user's cells find what that user has set, and nothing of anybody else. */
  @Test
  @Rule({"C145", "C146", "C152"})
  @Limit(seconds = 600, why = "a hundred users for a minute and more, in the tier full")
  @Heavy(why = "its users are more than the machine has processors")
  default void many_users_at_once_see_nothing_of_each_other() throws Exception {
    Counts users = Counts.of(8, 30, 100);
    Counts turns = Counts.of(3, 10, 30);
    ExecutorService threads = Executors.newFixedThreadPool(users.now());
    Duration atLeast = Tier.current() == Tier.FULL ? Duration.ofMinutes(1) : Duration.ZERO;
    Latencies waits = new Latencies();
    long begun = System.nanoTime();
    Tool whose = Tool.of("whose", (arguments, context) -> arguments.positional().get(0));
    try (SessionPool pool = pool(whose).size(3).leaseTimeout(Duration.ofMinutes(5)).open()) {
      List<Future<?>> all = new ArrayList<>();
      for (int user = 0; user < users.now(); user++) {
        int number = user;
        all.add(
            threads.submit(() -> use(pool, number, turns.now(), begun + atLeast.toNanos(), waits)));
      }
      for (Future<?> each : all) {
        each.get();
      }
      assertThat(pool.status().waiting()).isZero();
      assertThat(pool.status().leased()).isZero();
    } finally {
      threads.shutdown();
    }
    assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    Evidence.record(
        "from asking for a lease to having it, " + users.now() + " users of 3 runners",
        List.of("C145"),
        waits.summary()
            + ", in "
            + Duration.ofNanos(System.nanoTime() - begun).toSeconds()
            + " s; nobody saw anything of another",
        users);
  }

  private static void use(SessionPool pool, int user, int turns, long until, Latencies waits) {
    for (int turn = 0; turn < turns || System.nanoTime() < until; turn++) {
      long asked = System.nanoTime();
      try (Lease lease = pool.lease()) {
        waits.add(Duration.ofNanos(System.nanoTime() - asked));
        Outcome fresh = lease.session().execute("print('mine' in globals())\nmine = " + user);
        assertThat(fresh.stdoutText()).as(fresh.toString()).isEqualTo("False\n");
        Outcome own = lease.session().execute("print(mine, await whose(mine))");
        assertThat(own.stdoutText()).isEqualTo(user + " " + user + "\n");
      }
    }
  }

  @Test
  @Rule("C157")
  default void a_workspace_that_all_sessions_would_share_is_refused(@TempDir Path folder)
      throws Exception {
    Path workspace = workspace(folder);
    SessionPool.Builder shared =
        SessionPool.of(() -> OpenClients.open(client().workspace(workspace))).size(1);
    assertThatThrownBy(shared::open).hasMessageContaining("need workspaces of their own");
  }

  @Test
  @Rule({"C147", "C148"})
  default void a_pool_that_is_closed_ends_its_runners_though_a_cell_runs() throws Exception {
    List<SupervisorClient> clients = new CopyOnWriteArrayList<>();
    SessionPool pool =
        SessionPool.of(
                () -> {
                  SupervisorClient opened = OpenClients.open(client());
                  clients.add(opened);
                  return opened;
                })
            .size(2)
            .open();
    CellRun run;
    try (pool) {
      run = pool.lease().session().start(Cell.of("while True: pass"));
    }
    assertThat(run.await().kind()).isIn(OutcomeKind.UNKNOWN, OutcomeKind.NEVER_STARTED);
    assertThat(clients).hasSize(2);
    await().until(() -> clients.stream().allMatch(client -> client.exited().isDone()));
  }
}
