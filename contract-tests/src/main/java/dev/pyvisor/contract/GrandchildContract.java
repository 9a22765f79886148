package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A process that outlives its cell and holds its output pipes open delays nothing. That each wait
 * was not for the holder is shown by the holder: it still lives when the wait is over.
 */
@OneBackend
@Needs(Capability.STREAMING)
public interface GrandchildContract extends RunnerContract {
  /** Starts processes that hold both output pipes, and prints their ids. */
  List<String> HOLDERS =
      List.of(
          "import subprocess\npid = subprocess.Popen(['sleep', '30']).pid\nprint(pid)",
          """
          import multiprocessing, time
          child = multiprocessing.get_context('fork').Process(target=time.sleep, args=(30,), daemon=True)
          child.start()
          print(child.pid)
          """);

  @Test
  @Rule({"H18", "LIF-5"})
  default void a_cell_ends_although_a_child_of_it_holds_its_output() {
    for (String holder : HOLDERS) {
      long pid;
      try (SupervisorClient client = open()) {
        Session session = client.session();
        long start = System.nanoTime();
        Outcome outcome = session.execute(holder);
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        pid = here(client, Long.parseLong(outcome.stdoutText().strip()));

        assertThat(Processes.alive(pid)).as("the child, when the cell has ended").isTrue();
        assertThat(session.execute("print('next')").stdoutText()).isEqualTo("next\n");
        Evidence.record(
            "end of a cell whose child holds its output: "
                + (holder.contains("Popen") ? "subprocess" : "multiprocessing")
                + under(),
            List.of("H18"),
            took.toMillis() + " ms",
            Counts.always(1));
      }
      assertThat(Processes.alive(pid)).as("the child, after close").isFalse();
    }
  }

  @Test
  @Rule({"H18", "TRN-7"})
  default void a_kernels_death_is_seen_although_a_child_of_it_holds_its_output() {
    for (String holder : HOLDERS) {
      long pid;
      try (SupervisorClient client = open()) {
        Session session = client.session();
        Outcome outcome = session.execute(holder + "\nimport os; os._exit(7)");
        pid = here(client, Long.parseLong(outcome.stdoutText().strip()));

        assertThat(outcome.kind()).isEqualTo(OutcomeKind.CRASHED);
        assertThat(Processes.alive(pid)).as("the child, when the death was told").isTrue();
        assertThat(session.execute("print('next')").stdoutText()).isEqualTo("next\n");
      }
      assertThat(Processes.alive(pid)).as("the child, after close").isFalse();
    }
  }
}
