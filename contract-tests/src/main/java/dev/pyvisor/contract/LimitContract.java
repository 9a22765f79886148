package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.ResourceLimits;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Core;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.outcome.Cause;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateSource;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * What the code may use at most: the cell that uses more ends, or gets an error, and is told why;
 * the session goes on. Without the limit each of these cells would come to a good end.
 */
@OneBackend
@Core(from = Tier.WIDE)
@Needs(Capability.LIMITS)
public interface LimitContract extends RunnerContract {
  /** Four times what the test allows. */
  String HOARD =
      """
      hoard = []
      for _ in range(64):
          hoard.append(bytearray(16 << 20))
      """;

  /** Five seconds of work. */
  String BURN =
      """
      import time
      end = time.process_time() + 2
      while time.process_time() < end:
          pass
      """;

  @Test
  @Rule("H20")
  default void a_cell_that_uses_more_memory_than_allowed_costs_nothing_but_itself() {
    try (SupervisorClient client = limited(limits -> limits.withMemory(256L << 20))) {
      Session session = client.session();
      session.execute("kept = 41");
      long supervisor = client.runner().pid();

      Outcome outcome = session.execute(HOARD);

      // Where no control group can be made it is an error of the cell.
      assertThat(outcome.kind()).isIn(OutcomeKind.CRASHED, OutcomeKind.RAISED);
      if (outcome.kind() == OutcomeKind.RAISED) {
        assertThat(outcome.error().orElseThrow().type()).isEqualTo("MemoryError");
      } else {
        Cause cause = outcome.cause().orElseThrow();
        assertThat(cause.kind()).isEqualTo("out_of_memory");
        assertThat(cause.text()).contains("may use 256 MiB").contains("oom_kill 1");
        assertThat(outcome.state().source()).isEqualTo(StateSource.CHECKPOINT);
      }
      assertThat(session.execute("print(kept)").stdoutText()).isEqualTo("41\n");
      assertThat(client.runner().pid()).isEqualTo(supervisor);
    }
  }

  @Test
  @Rule("LIF-14")
  default void a_cell_that_uses_up_its_processor_time_ends_as_at_its_deadline() {
    try (SupervisorClient client = limited(limits -> limits.withCpuTime(Duration.ofMillis(500)))) {
      Session session = client.session();
      session.execute("kept = 41");

      Outcome outcome = session.execute(BURN);

      assertThat(outcome.kind()).isEqualTo(OutcomeKind.TIMED_OUT);
      assertThat(outcome.cause())
          .contains(new Cause("cpu_limit", "used up its 0.5 s of processor time"));
      assertThat(outcome.state().source()).isEqualTo(StateSource.LIVE);
      assertThat(session.execute("print(kept)").stdoutText()).isEqualTo("41\n");
    }
  }

  @Test
  @Rule("R42")
  default void files_too_many_and_too_large_are_errors_of_the_cell() {
    try (SupervisorClient client =
        limited(limits -> limits.withOpenFiles(150).withFileSize(1 << 20))) {
      Session session = client.session();

      Outcome many = session.execute("files = [open('/dev/null') for _ in range(300)]");
      assertThat(many.kind()).isEqualTo(OutcomeKind.RAISED);
      assertThat(many.error().orElseThrow().message()).contains("Too many open files");
      Outcome large = session.execute("open('large', 'wb', 0).write(bytes(1 << 20) * 2)");
      assertThat(large.kind()).isEqualTo(OutcomeKind.COMPLETED); // a short write, as on a full disk
      Outcome more = session.execute("open('large', 'ab', 0).write(b'more')");
      assertThat(more.kind()).isEqualTo(OutcomeKind.RAISED);
      assertThat(more.error().orElseThrow().message()).contains("File too large");
      assertThat(session.execute("print('next')").stdoutText()).isEqualTo("next\n");
    }
  }

  @Test
  @Rule("R42")
  default void a_workspace_that_takes_more_than_allowed_is_told_until_it_does_not() {
    try (SupervisorClient client = limited(limits -> limits.withWorkspace(1 << 20))) {
      Session session = client.session();

      Outcome outcome = session.execute("open('large', 'wb').write(bytes(4 << 20)) and None");

      assertThat(outcome.kind()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(outcome.cause().map(Cause::kind)).contains("workspace_limit");
      Outcome mended = session.execute("import os; os.remove('large')");
      assertThat(mended.cause()).isEqualTo(Optional.empty());
    }
  }

  @Test
  default void what_is_within_its_limits_does_not_notice_them() {
    try (SupervisorClient client =
        limited(
            limits ->
                limits
                    .withMemory(2L << 30)
                    .withCpuTime(Duration.ofMinutes(1))
                    .withOpenFiles(1024)
                    .withFileSize(64 << 20)
                    .withWorkspace(256 << 20))) {
      Session session = client.session();
      Outcome outcome = session.execute("open('f', 'wb').write(bytes(8 << 20)); print('done')");
      assertThat(outcome.stdoutText()).isEqualTo("done\n");
      assertThat(outcome.cause()).isEqualTo(Optional.empty());
    }
  }

  private SupervisorClient limited(UnaryOperator<ResourceLimits> change) {
    return OpenClients.open(client().limits(change));
  }
}
