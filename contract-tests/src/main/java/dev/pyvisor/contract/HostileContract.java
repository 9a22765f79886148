package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Core;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.OutputChunk;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What code does to its own descriptors, to its surroundings and to whoever reads its output. */
@OneBackend
@Core(from = Tier.WIDE)
@Needs({Capability.STREAMING, Capability.SEPARATE_STDERR, Capability.INTERRUPT})
public interface HostileContract extends RunnerContract {
  /** The design's bound of what a flood may add to the supervisor. */
  int GROWTH_KIB = 64 * 1024;

  /** Writes all of a block, however little a pipe takes at a time. */
  String WRITER =
      """
      import os
      block = b'x' * (1 << 20)
      def write(fd):
          rest = memoryview(block)
          while rest:
              rest = rest[os.write(fd, rest):]
      """;

  @Test
  @Rule("H15")
  default void descriptors_that_a_cell_closes_are_there_again_for_the_next() {
    try (SupervisorClient client = open()) {
      Session session = client.session();

      assertThat(session.execute("import os; os.close(1)").kind()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(session.execute("print('after one')").stdoutText()).isEqualTo("after one\n");

      session.execute("os.close(2); os.close(1); os.close(0)");
      Outcome three = session.execute("import sys; print('out'); print('err', file=sys.stderr)");
      assertThat(three.stdoutText()).isEqualTo("out\n");
      assertThat(three.stderrText()).isEqualTo("err\n");

      Outcome all = session.execute("os.closerange(0, 65536)\nprint('unheard')");
      assertThat(all.kind()).isIn(OutcomeKind.COMPLETED, OutcomeKind.RAISED, OutcomeKind.CRASHED);
      assertThat(session.execute("print('after all')").stdoutText()).isEqualTo("after all\n");
    }
  }

  @Test
  @Rule("H15")
  default void a_file_that_a_cell_puts_in_the_place_of_its_output_has_it_until_the_cell_ends() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome turned =
          session.execute(
              """
              import os
              file = os.open('turned', os.O_CREAT | os.O_RDWR, 0o600)
              os.dup2(file, 1)
              os.write(1, b'to the file')
              """);
      assertThat(turned.kind()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(turned.stdoutText()).isEmpty();
      assertThat(session.execute("print(open('turned').read())").stdoutText())
          .isEqualTo("to the file\n");
    }
  }

  @Test
  @Rule("H16")
  default void a_flood_comes_back_whole_and_fills_nobodys_memory() {
    Counts mebibytes = Counts.of(24, 256, 5_120);
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute(WRITER);
      long before = Processes.residentKib(client.runner().pid());
      long begun = System.nanoTime();

      Outcome raw = flood(session, "for _ in range(%d): write(1)", mebibytes.now());
      assertThat(raw.stdout().size()).isEqualTo((long) mebibytes.now() << 20);
      final double seconds = (System.nanoTime() - begun) / 1e9;
      Outcome both = flood(session, "for _ in range(%d): write(1); write(2)", mebibytes.now() / 2);
      assertThat(both.stdout().size()).isEqualTo((long) (mebibytes.now() / 2) << 20);
      assertThat(both.stderr().size()).isEqualTo(both.stdout().size());
      Outcome lines = flood(session, "for _ in range(%d * 1000): print('')", mebibytes.now());
      assertThat(lines.stdout().size()).isEqualTo(mebibytes.now() * 1000L);

      long grown = Processes.residentKib(client.runner().pid()) - before;
      assertThat(grown).as("KiB that the supervisor has grown by").isLessThan(GROWTH_KIB);
      Evidence.record(
          "a flood of raw writes, to the outcome that has it all",
          List.of("H16"),
          String.format(
              Locale.ROOT,
              "%.0f MiB/s (aim 500), supervisor grown by %d KiB",
              mebibytes.now() / seconds,
              grown),
          mebibytes);
    }
  }

  private static Outcome flood(Session session, String code, int count) {
    Outcome outcome =
        session.execute(
            Cell.of(String.format(Locale.ROOT, code, count)).timeout(Duration.ofMinutes(10)));
    assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.COMPLETED);
    return outcome;
  }

  @Test
  @Rule("H16")
  default void a_flood_can_be_interrupted() throws Exception {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute(WRITER + "kept = 41");
      CountDownLatch flows = new CountDownLatch(1);
      CellListener listener =
          new CellListener() {
            @Override
            public void onOutput(OutputChunk chunk) {
              flows.countDown();
            }
          };
      CellRun run = session.start(Cell.of("while True: write(1); write(2)").listener(listener));
      assertThat(flows.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(run.interrupt()).isTrue();
      Outcome outcome = run.await();
      assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.INTERRUPTED);
      assertThat(session.execute("print(kept)").stdoutText()).isEqualTo("41\n");
    }
  }

  @Test
  @Rule("H23")
  default void a_cell_that_spoils_its_surroundings_spoils_no_later_answer() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome spoilt =
          session.execute(
              """
              import builtins, faulthandler, gc, os, resource, signal, sys, threading, time
              os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')
              os.umask(0o777)
              faulthandler.disable(); gc.disable()
              signal.set_wakeup_fd(-1)
              threading.Thread = time.sleep = None
              resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
              builtins.print = builtins.open = builtins.len = None
              sys.stdout = None
              sys.settrace(lambda *all: 1 / 0)
              """);
      assertThat(spoilt.kind()).as(spoilt.toString()).isNotEqualTo(OutcomeKind.CRASHED);
      Outcome next = session.execute("import os\nos.write(1, b'heard')\n");
      assertThat(next.kind()).as(next.toString()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(next.stdoutText()).isEqualTo("heard");
    }
  }
}
