package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Heavy;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.load.Begun;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Cells that somebody ends from outside. */
@Needs(Capability.INTERRUPT)
public interface InterruptContract extends RunnerContract {
  /** The design's: interrupts every 0 to 400 microseconds. */
  int LONGEST_DELAY_NANOS = 400_000;

  /** A cell that sleeps before this returns. */
  private static CellRun sleeping(Session session) throws InterruptedException {
    return begun(session, "print('begun\\n', end='')\nimport time\ntime.sleep(120)\nprint('done')");
  }

  /** A cell whose code has begun to print before this returns. */
  private static CellRun begun(Session session, String code) throws InterruptedException {
    Begun begun = new Begun();
    CellRun run = session.start(Cell.of(code).listener(begun));
    begun.await();
    return run;
  }

  @Test
  @Rule({"C89", "C91f", "LIF-15", "W21"})
  default void an_interrupt_from_another_thread_ends_the_cell_and_the_session_goes_on()
      throws Exception {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      CellRun run = sleeping(session);
      assertThat(session.interrupt()).isTrue();
      Outcome outcome = run.await();
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.INTERRUPTED);
      assertThat(outcome.state()).isEqualTo(StateReport.live());
      assertThat(outcome.cause().orElseThrow().kind()).isEqualTo("interrupt");
      assertThat(outcome.stdoutText()).isEqualTo("begun\n");
      assertThat(session.execute("print('alive')").stdoutText()).isEqualTo("alive\n");
      assertThat(session.generation()).isEqualTo(1);
    }
  }

  @Test
  @Rule("C90")
  default void the_session_is_free_when_the_interrupt_returns_and_its_variables_are_there()
      throws Exception {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("warm = 1");
      sleeping(session);
      assertThat(session.interrupt(Duration.ofSeconds(10))).isTrue();
      assertThat(client.evidence()).anyMatch(fact -> fact.contains("current=none waiting=0"));
      assertThat(session.execute("print(warm)").stdoutText()).isEqualTo("1\n");
    }
  }

  @Test
  @Rule("C91")
  default void an_idle_session_has_nothing_to_interrupt() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      assertThat(session.interrupt()).isFalse();
      Outcome outcome = session.execute("x = 1");
      assertThat(session.interrupt()).isFalse();
      assertThat(session.interruptAsync().join()).isFalse();
      String params = "{\"session\":1,\"cell\":" + outcome.cell() + "}";
      assertThat(client.request("interrupt", params)).isEqualTo("{\"running\":false}");
      assertThat(session.execute("print(x)").stdoutText()).isEqualTo("1\n");
    }
  }

  @Test
  @Rule("C91b")
  @Heavy(why = "it waits for the whole of a grace")
  default void an_interrupt_that_takes_too_long_says_so_and_naming_the_limit() throws Exception {
    try (SupervisorClient client = client().interruptGrace(Duration.ofSeconds(1)).open()) {
      Session session = client.session();
      CellRun run =
          begun(
              session,
              """
              import signal
              signal.signal(signal.SIGINT, signal.SIG_IGN)
              print('begun\\n', end='')
              while True: pass
              """);
      assertThatThrownBy(() -> session.interrupt(Duration.ofMillis(1)))
          .isInstanceOf(CallTimedOut.class)
          .hasMessageContaining("PT0.001S");
      Outcome outcome = run.await();
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.INTERRUPTED);
      assertThat(outcome.cause().orElseThrow().text()).contains("killed");
      assertThat(session.execute("print('next')").stdoutText()).isEqualTo("next\n");
    }
  }

  @Test
  @Rule({"C91c", "C91e"})
  default void a_started_cell_can_be_cancelled_whether_it_runs_or_waits() throws Exception {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("seed = 5");
      CellRun running = sleeping(session);
      CellRun waiting = session.start(Cell.of("seed = 6"));
      CellRun behind = session.start(Cell.of("print(seed)"));
      assertThat(waiting.cancel()).isTrue();
      assertThat(waiting.await().kind()).isEqualTo(OutcomeKind.CANCELLED);
      assertThat(running.outcome()).isNotDone();
      assertThat(running.cancel()).isTrue();
      assertThat(running.await().kind()).isEqualTo(OutcomeKind.INTERRUPTED);
      assertThat(behind.await().stdoutText()).isEqualTo("5\n");
      assertThat(running.cancel()).isFalse();
      assertThat(behind.cancel()).isFalse();
    }
  }

  @Test
  @Rule("LIF-16")
  default void a_cell_that_catches_its_interrupt_and_goes_on_to_its_end_has_completed()
      throws Exception {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      CellRun run =
          begun(
              session,
              """
              import time
              try:
                  print('begun\\n', end='')
                  time.sleep(120)
              except KeyboardInterrupt:
                  print('caught')
              """);
      assertThat(run.interrupt()).isTrue();
      Outcome outcome = run.await();
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(outcome.stdoutText()).isEqualTo("begun\ncaught\n");
    }
  }

  // ---- during a tool ----

  @Test
  @Rule("H14")
  default void a_cell_that_waits_for_a_tool_is_interrupted_and_the_tool_with_it() throws Exception {
    for (String call : List.of("await waits()", "waits.sync()")) {
      CountDownLatch called = new CountDownLatch(1);
      CountDownLatch cancelled = new CountDownLatch(1);
      Tool waits =
          Tool.of(
              "waits",
              (arguments, context) -> {
                called.countDown();
                try {
                  return new CountDownLatch(1).await(15, TimeUnit.SECONDS);
                } catch (InterruptedException heeded) {
                  cancelled.countDown();
                  return "late";
                }
              });
      try (SupervisorClient client = open(waits)) {
        Session session = client.session();
        CellRun run = session.start(Cell.of("kept = 3\n" + call));
        assertThat(called.await(10, TimeUnit.SECONDS)).isTrue();
        long start = System.nanoTime();
        assertThat(session.interrupt()).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - start))
            .as("the time until the session is free, which is not the tool's")
            .isLessThan(Duration.ofSeconds(5));
        assertThat(run.await().kind()).as(call).isEqualTo(OutcomeKind.INTERRUPTED);
        assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(session.execute("print(kept)").stdoutText()).isEqualTo("3\n");
        assertThat(session.generation()).isEqualTo(1);
      }
    }
  }

  @Test
  @Rule("H29")
  default void a_tool_may_interrupt_the_cell_that_called_it() throws Exception {
    AtomicReference<CellRun> running = new AtomicReference<>();
    CountDownLatch started = new CountDownLatch(1);
    Tool byItsRun =
        Tool.of(
            "by_its_run",
            (arguments, context) -> {
              started.await();
              return running.get().interrupt();
            });
    Tool byItsSession =
        Tool.of("by_its_session", (arguments, context) -> context.session().interrupt());
    try (SupervisorClient client = open(byItsRun, byItsSession)) {
      Session session = client.session();
      String sleep = "\nimport time\ntime.sleep(120)";
      running.set(session.start(Cell.of("await by_its_run()" + sleep)));
      started.countDown();
      assertThat(running.get().await().kind()).isEqualTo(OutcomeKind.INTERRUPTED);
      assertThat(session.execute("await by_its_session()" + sleep).kind())
          .isEqualTo(OutcomeKind.INTERRUPTED);
      assertThat(session.execute("print('free')").stdoutText()).isEqualTo("free\n");
    }
  }

  @Test
  @Rule("H29")
  default void a_tool_that_touches_its_own_sessions_state_is_told_so_at_once() {
    List<Throwable> refused = new ArrayList<>();
    Tool back =
        Tool.of(
            "back",
            (arguments, context) -> {
              Session own = context.session();
              for (Runnable verb :
                  List.<Runnable>of(
                      () -> own.rollback("base"),
                      () -> own.checkpoint("base"),
                      () -> own.dropCheckpoint("base"),
                      () -> own.branch("other"),
                      own::reset)) {
                try {
                  verb.run();
                } catch (CallFailed expected) {
                  refused.add(expected);
                }
              }
              return refused.size();
            });
    try (SupervisorClient client = open(back)) {
      assertThat(client.session().execute("print(await back())").stdoutText()).isEqualTo("5\n");
      assertThat(refused)
          .allSatisfy(
              failure ->
                  assertThat(((CallFailed) failure).code()).isEqualTo(ErrorCode.REENTRANT_CALL));
    }
  }

  @Test
  default void a_listener_may_interrupt_its_cell_without_waiting() throws Exception {
    CompletableFuture<Throwable> blocking = new CompletableFuture<>();
    AtomicBoolean once = new AtomicBoolean();
    try (SupervisorClient client = open()) {
      Session session = client.session();
      CellListener listener =
          new CellListener() {
            @Override
            public void onOutput(OutputChunk chunk) {
              if (once.compareAndSet(false, true)) {
                try {
                  session.interrupt();
                } catch (RuntimeException refused) {
                  blocking.complete(refused);
                }
                session.interruptAsync();
              }
            }
          };
      CellRun run =
          session.start(
              Cell.of("print('x', flush=True)\nimport time\ntime.sleep(120)").listener(listener));
      assertThat(run.await().kind()).isEqualTo(OutcomeKind.INTERRUPTED);
      assertThat(blocking.get(10, TimeUnit.SECONDS))
          .isInstanceOfSatisfying(
              CallFailed.class,
              refused -> assertThat(refused.code()).isEqualTo(ErrorCode.REENTRANT_CALL));
    }
  }

  @Test
  @Rule("C91g")
  default void the_runner_is_not_in_the_group_that_a_terminals_interrupt_reaches()
      throws Exception {
    try (SupervisorClient client = open()) {
      assertThat(group(client.runner().pid())).isNotEqualTo(group(ProcessHandle.current().pid()));
    }
  }

  private static String group(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[2];
  }

  // ---- races ----

  /** Whatever moment an interrupt hits: one outcome a cell, a true one, and nobody else is hit. */
  @Test
  @Limit(seconds = 1_800, why = "the full count is 20,000 cells on a busy machine")
  @Rule({"C91h", "H13", "LIF-15", "SES-10"})
  @Heavy(why = "thousands of interrupts")
  default void a_storm_of_interrupts_hits_only_the_cells_that_it_is_meant_for() throws Exception {
    Counts counts = Counts.of(400, 4_000, 20_000);
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<Integer> completed = new ArrayList<>();
    List<Integer> withdrawn = new ArrayList<>();
    int interrupted = 0;
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("seen = []");
      // So that on a busy machine, too, some cells end before their interrupt comes.
      int longest = Math.max(LONGEST_DELAY_NANOS, 2 * usualNanos(session));
      for (int i = 0; i < counts.now(); i++) {
        CellRun run = session.start(Cell.of("seen.append(" + i + ")"));
        LockSupport.parkNanos(random.nextInt(longest));
        run.interrupt();
        Outcome outcome = run.await();
        assertThat(outcome.state()).as("cell %s, seed %s", i, seed).isEqualTo(StateReport.live());
        switch (outcome.kind()) {
          case COMPLETED -> completed.add(i);
          case CANCELLED -> withdrawn.add(i);
          case INTERRUPTED -> interrupted++;
          default -> throw new AssertionError("cell " + i + ": " + outcome + ", seed " + seed);
        }
      }
      List<?> seen = (List<?>) session.get("seen").as(Object.class);
      List<Integer> numbers = seen.stream().map(number -> ((Number) number).intValue()).toList();
      assertThat(numbers).as("seed %s", seed).doesNotHaveDuplicates();
      assertThat(Set.copyOf(numbers).containsAll(completed)).as("seed %s", seed).isTrue();
      assertThat(Collections.disjoint(numbers, withdrawn)).as("seed %s", seed).isTrue();
      assertThat(session.generation()).isEqualTo(1);
    }
    Evidence.record(
        "a storm of interrupts over tiny cells",
        List.of("C91h"),
        completed.size()
            + " completed, "
            + interrupted
            + " interrupted, "
            + withdrawn.size()
            + " withdrawn; same kernel",
        counts);
  }

  /** The next cell may be on its way to a kernel that is only coming up. */
  @Test
  @Limit(seconds = 300, why = "the full count is 200 kills with their takeovers on a busy machine")
  @Rule({"H13", "LIF-15", "LIF-18"})
  @Heavy(why = "many kills with their takeovers")
  default void an_interrupt_of_the_cell_behind_a_kill_is_not_lost() throws Exception {
    Counts counts = Counts.of(20, 60, 200);
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("kept = 7");
      for (int i = 0; i < counts.now(); i++) {
        CellRun killed =
            session.start(
                Cell.of(
                        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
                            + "while True: pass")
                    .timeout(Duration.ofMillis(30))
                    .grace(Duration.ZERO));
        CellRun behind = session.start(Cell.of("import time\ntime.sleep(120)"));
        Outcome end = killed.await();
        assertThat(end.kind()).as("%s: %s", i, end).isEqualTo(OutcomeKind.TIMED_OUT);
        assertThat(end.state().preserved()).as("%s: %s", i, end.state()).isTrue();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(i % 20));
        assertThat(behind.interrupt()).isTrue();
        Outcome outcome = behind.await();
        assertThat(outcome.kind())
            .as("%s: %s", i, outcome)
            .isIn(OutcomeKind.INTERRUPTED, OutcomeKind.CANCELLED);
        assertThat(outcome.state()).as("%s: %s", i, outcome).isEqualTo(StateReport.live());
      }
      Outcome last = session.execute("print(kept)");
      assertThat(last.stdoutText()).as(last.toString()).isEqualTo("7\n");
    }
  }

  private static int usualNanos(Session session) {
    return (int)
        IntStream.range(0, 50)
            .mapToLong(
                i -> {
                  long start = System.nanoTime();
                  session.execute("pass");
                  return Math.min(System.nanoTime() - start, Integer.MAX_VALUE / 2);
                })
            .sorted()
            .skip(25)
            .findFirst()
            .orElseThrow();
  }

  /** Around the moment at which a cell completes: an interrupt may come too late, but never lie. */
  @Test
  @Limit(
      seconds = 600,
      why = "the full count is 1,000 cells of some milliseconds on a busy machine")
  @Rule({"C91h", "H13", "LIF-16", "W20"})
  @Heavy(why = "hundreds of cells")
  default void an_interrupt_around_the_end_of_a_cell_loses_no_state_and_is_told_truly()
      throws Exception {
    Counts counts = Counts.of(100, 500, 1_000);
    int completed = 0;
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("import time\nkept, done = object(), set()\nbefore = id(kept)");
      for (int i = 0; i < counts.now(); i++) {
        CellRun run = session.start(Cell.of("time.sleep(0.005)\ndone.add(" + i + ")"));
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(i % 12));
        session.interrupt();
        Outcome outcome = run.await();
        assertThat(outcome.kind())
            .isIn(OutcomeKind.COMPLETED, OutcomeKind.INTERRUPTED, OutcomeKind.CANCELLED);
        assertThat(outcome.state()).isEqualTo(StateReport.live());
        String after = session.execute("print(" + i + " in done, id(kept) == before)").stdoutText();
        assertThat(after).endsWith("True\n");
        if (outcome.kind() == OutcomeKind.COMPLETED) {
          completed++;
          assertThat(after).isEqualTo("True True\n");
        } else if (outcome.kind() == OutcomeKind.CANCELLED) {
          assertThat(after).isEqualTo("False True\n");
        }
      }
      assertThat(session.generation()).isEqualTo(1);
    }
    Evidence.record(
        "interrupts at every millisecond around the end of a cell",
        List.of("H13"),
        completed + " of " + counts.now() + " completed before; no state lost",
        counts);
  }

  @Test
  @Limit(seconds = 120, why = "the full count is 1,000 requests and cells on a busy machine")
  @Rule({"H13", "LIF-15", "W20"})
  default void an_interrupt_for_another_cell_than_the_one_that_runs_hits_nobody() throws Exception {
    Counts counts = Counts.of(100, 500, 1_000);
    try (SupervisorClient client = open()) {
      Session session = client.session();
      int last = session.execute("x = 0").cell();
      for (int i = 0; i < counts.now(); i++) {
        assertThat(interrupt(client, last)).as("idle").isEqualTo("{\"running\":false}");
        CellRun run = session.start(Cell.of("x += 1"));
        assertThat(interrupt(client, last)).as("an old cell").isEqualTo("{\"running\":false}");
        assertThat(interrupt(client, last + 2)).as("a later one").isEqualTo("{\"running\":false}");
        Outcome outcome = run.await();
        assertThat(outcome.kind()).isEqualTo(OutcomeKind.COMPLETED);
        last = outcome.cell();
      }
      assertThat(session.execute("print(x)").stdoutText()).isEqualTo(counts.now() + "\n");
    }
  }

  private static String interrupt(SupervisorClient client, int cell) {
    return client.request("interrupt", "{\"session\":1,\"cell\":" + cell + "}");
  }
}
