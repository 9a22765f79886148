package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Core;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.load.Latencies;
import dev.pyvisor.outcome.Cause;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** A kernel that dies is reported with its cause, and the session goes on with a new one. */
@Core
public interface DeathContract extends RunnerContract {

  /**
   * A way to die, what the outcome's cause must say (several kinds where it is a race), and what
   * Python could still say of it.
   */
  record Death(String code, String kinds, String detail, String traceback) {
    Death(String code, String kinds, String detail) {
      this(code, kinds, detail, "");
    }
  }

  /** What faulthandler writes last where a cell's second line was to blame. */
  String SECOND_LINE = "line 2 in <module>";

  /** Each kind of H19 that ends the kernel. */
  List<Death> DEATHS =
      List.of(
          new Death("import os; os._exit(7)", "exit", "7"),
          new Death("import os; os.abort()", "signal", "SIGABRT", SECOND_LINE),
          new Death("import ctypes; ctypes.string_at(0)", "signal", "SIGSEGV", SECOND_LINE),
          new Death("import os; os.kill(os.getpid(), 9)", "signal", "SIGKILL"),
          new Death("import os; os.execv('/bin/sleep', ['sleep', '30'])", "channel", ""),
          new Death("import os; os.closerange(0, 65536)", "channel exit", ""));

  /** Says more than C36: the cause, the state, and what was lost. */
  @TestFactory
  @Rule({"H19", "LIF-7", "W24"})
  @OneBackend
  @Core(from = Tier.WIDE)
  default List<DynamicTest> a_kernel_that_dies_is_reported_and_replaced() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Death death : DEATHS) {
      tests.add(DynamicTest.dynamicTest(death.code(), () -> dies(death)));
    }
    return tests;
  }

  private void dies(Death death) {
    try (SupervisorClient client = open(DemoTools.adder())) {
      Session session = client.session();
      session.execute("df = 1");
      Outcome outcome = session.execute("print('last words')\n" + death.code());

      assertThat(outcome.kind()).isEqualTo(OutcomeKind.CRASHED);
      // Behind it Python may say what ended it, where both streams come as one.
      assertThat(outcome.stdoutText()).startsWith("last words\n");
      assertThat(outcome.stdoutText() + outcome.stderrText()).contains(death.traceback());
      assertThat(outcome.state().restored()).contains("df");
      Cause cause = outcome.cause().orElseThrow();
      assertThat(death.kinds().split(" ")).contains(cause.kind());
      assertThat(cause.toString()).contains(death.detail());

      Outcome next = session.execute("print(df, (await add(1, 2))['total'])");
      assertThat(next.stdoutText()).isEqualTo("1 3\n");
      assertThat(next.generation()).isEqualTo(outcome.generation() + 1);
    }
  }

  @Test
  @Rule("H19")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void a_kernels_death_is_known_by_its_exit_status_at_once() {
    Counts counts = Counts.of(10, 50, 200);
    Latencies latencies = new Latencies();
    try (SupervisorClient client = open()) {
      Session session = client.session();
      for (int i = 0; i < counts.now(); i++) {
        long start = System.nanoTime();
        Outcome outcome = session.execute("import os; os._exit(7)");
        latencies.add(Duration.ofNanos(System.nanoTime() - start));
        assertThat(outcome.kind()).isEqualTo(OutcomeKind.CRASHED);
      }
    }
    Evidence.record(
        "from execute to the report of the kernel's death" + under(),
        List.of("H19"),
        latencies.summary(),
        counts);
    assertThat(latencies.max()).isLessThan(Duration.ofSeconds(2));
  }

  @Test
  @Rule("H19")
  default void deep_recursion_is_an_error_and_not_a_death() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("keep = 7");
      Outcome outcome = session.execute("def f(n): return f(n + 1)\nf(0)");
      assertThat(outcome.error().orElseThrow().type()).isEqualTo("RecursionError");
      assertThat(session.execute("print(keep)").stdoutText()).isEqualTo("7\n");
    }
  }

  /**
   * Through C code; some Pythons stop it with a RecursionError, others end by SIGSEGV: both are
   * told.
   */
  @Test
  @Rule("H19")
  @Core(between = false)
  default void recursion_without_a_limit_is_an_error_or_a_crash_that_is_told() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome outcome =
          session.execute(
              "import sys\nsys.setrecursionlimit(10**9)\ndef f(x): return list(map(f, [x]))\nf(0)");
      assertThat(outcome.kind()).isIn(OutcomeKind.CRASHED, OutcomeKind.RAISED);
      if (outcome.kind() == OutcomeKind.CRASHED) {
        assertThat(outcome.cause().orElseThrow().kind()).isEqualTo("signal");
      }
      assertThat(session.execute("print('next')").stdoutText()).isEqualTo("next\n");
    }
  }

  @Test
  @Rule("H19")
  @Core(from = Tier.WIDE)
  default void a_thread_that_raises_system_exit_ends_only_itself() {
    try (SupervisorClient client = open()) {
      Outcome outcome =
          client
              .session()
              .execute(
                  """
                  import sys, threading
                  thread = threading.Thread(target=sys.exit, args=(3,))
                  thread.start()
                  thread.join()
                  print('alive')
                  """);
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(outcome.stdoutText()).isEqualTo("alive\n");
    }
  }
}
