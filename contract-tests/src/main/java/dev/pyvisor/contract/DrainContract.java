package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.HostSide;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutputChunk;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Giving up on an outcome gives up nothing else: the cell goes on, and its output is heard. */
@Needs(Capability.STREAMING)
@HostSide
public interface DrainContract extends RunnerContract {
  /** More than any buffer on the way holds. */
  int FLOOD = 4_000_000;

  /** A cell that prints the flood and then defines {@code finished}. */
  String FLOODING = "print('x' * " + (FLOOD - 1) + ")\nfinished = True";

  @Test
  @Rule({"LIF-3", "SES-10"})
  default void an_outcome_settles_after_the_last_listener_call_has_returned() throws Exception {
    Stalling listener = new Stalling();
    try (SupervisorClient client = open()) {
      CellRun run = client.session().start(Cell.of("print('hi')").listener(listener));
      assertThat(listener.entered.await(10, TimeUnit.SECONDS)).isTrue();
      // What the runner had to say about the cell is here before its answers to these.
      client.request("status", "{}");
      client.request("status", "{}");
      assertThat(run.outcome()).as("the outcome, while a listener call goes on").isNotDone();
      listener.release.countDown();
      assertThat(run.outcome().get(10, TimeUnit.SECONDS).stdoutText()).isEqualTo("hi\n");
    }
  }

  @Test
  @Rule("SES-10")
  default void cancelling_an_outcome_loses_no_output() throws Exception {
    Stalling listener = new Stalling();
    try (SupervisorClient client = open()) {
      Session session = client.session();
      CellRun run = session.start(Cell.of(FLOODING).listener(listener));
      assertThat(listener.entered.await(10, TimeUnit.SECONDS)).isTrue();
      run.outcome().cancel(true);
      listener.release.countDown();

      assertThat(session.execute("print(finished)").stdoutText()).isEqualTo("True\n");
      assertThat(listener.heard).hasValue(FLOOD);
    }
  }

  @Test
  @Rule("SES-10")
  default void interrupting_the_waiter_loses_no_output() throws Exception {
    Stalling listener = new Stalling();
    try (SupervisorClient client = open()) {
      Session session = client.session();
      CompletableFuture<String> fate = new CompletableFuture<>();
      Thread waiter =
          new Thread(
              () -> {
                try {
                  fate.complete(
                      "returned " + session.execute(Cell.of(FLOODING).listener(listener)));
                } catch (RuntimeException stopped) {
                  fate.complete("interrupted: " + Thread.currentThread().isInterrupted());
                }
              },
              "test-waiter");
      waiter.start();
      assertThat(listener.entered.await(10, TimeUnit.SECONDS)).isTrue();
      waiter.interrupt();
      assertThat(fate.get(10, TimeUnit.SECONDS)).isEqualTo("interrupted: true");
      listener.release.countDown();

      assertThat(session.execute("print(finished)").stdoutText()).isEqualTo("True\n");
      assertThat(listener.heard).hasValue(FLOOD);
    }
  }

  @Test
  @Rule({"SES-10", "SES-11"})
  default void closing_while_output_is_still_heard_settles_once() throws Exception {
    Stalling listener = new Stalling();
    AtomicInteger settled = new AtomicInteger();
    CellRun run;
    try (SupervisorClient client = open()) {
      run = client.session().start(Cell.of(FLOODING).listener(listener));
      run.outcome().whenComplete((outcome, failure) -> settled.incrementAndGet());
      assertThat(listener.entered.await(10, TimeUnit.SECONDS)).isTrue();
    } finally {
      listener.release.countDown();
    }
    Outcome outcome = run.outcome().get(10, TimeUnit.SECONDS);
    assertThat(outcome.ok()).isFalse();
    assertThat(outcome.cause()).isPresent();
    assertThat(settled).hasValue(1);
  }

  @Test
  @Rule({"TRN-1", "TRN-2"})
  default void a_slow_listener_slows_the_cell_and_drops_nothing() throws Exception {
    Stalling listener = new Stalling();
    try (SupervisorClient client = open()) {
      CellRun run = client.session().start(Cell.of("print('x' * 20_000_000)").listener(listener));
      assertThat(listener.entered.await(10, TimeUnit.SECONDS)).isTrue();
      client.request("status", "{}");
      assertThat(run.outcome()).isNotDone();
      listener.release.countDown();
      assertThat(run.outcome().get(15, TimeUnit.SECONDS).stdout().size()).isEqualTo(20_000_001);
      assertThat(listener.heard).hasValue(20_000_001);
    }
  }

  @Test
  @Rule("SES-10")
  default void a_listener_that_throws_changes_nothing() {
    CellListener thrower =
        new CellListener() {
          @Override
          public void onOutput(OutputChunk chunk) {
            throw new IllegalStateException("a listener's own defect");
          }
        };
    try (SupervisorClient client = open()) {
      Outcome outcome = client.session().execute(Cell.of(FLOODING).listener(thrower));
      assertThat(outcome.ok()).isTrue();
      assertThat(outcome.stdout().size()).isEqualTo(FLOOD);
    }
  }

  /** Stays in its first call until it is released; counts the bytes that it hears. */
  final class Stalling implements CellListener {
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch release = new CountDownLatch(1);
    final AtomicInteger heard = new AtomicInteger();

    @Override
    public void onOutput(OutputChunk chunk) {
      heard.addAndGet(chunk.size());
      entered.countDown();
      try {
        release.await(15, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
