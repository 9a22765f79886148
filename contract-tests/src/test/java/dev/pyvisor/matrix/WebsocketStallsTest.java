package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.CellRun;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.chaos.Slow;
import dev.pyvisor.contract.chaos.Valve;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutputChunk;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A link that is slow, or on which nothing passes for a while, or one of whose ends is stopped. */
@Limit(seconds = 600, why = "they wait for what is slow")
@ExtendWith({Census.class, HangReport.class})
class WebsocketStallsTest {
  private static final int MIB = 1024 * 1024;

  private final Tally tally = new Tally();
  private final Valve valve = new Valve();

  @Test
  void a_link_on_which_everything_comes_late_is_not_taken_for_dead() throws Exception {
    Counts millis = Counts.of(60, 500, 2000);
    long seed = new Random().nextLong();
    isOnlySlow(Slow.late(Duration.ofMillis(millis.now()), seed), 10, 20_000);
    Evidence.record(
        "a link late by up to so many milliseconds, at random",
        List.of("F5"),
        "one connection, everything whole",
        millis,
        seed);
  }

  @Test
  void a_link_of_64_kilobytes_a_second_is_not_taken_for_dead() throws Exception {
    Counts bytes = Counts.of(128_000, 2_000_000, 2_000_000);
    isOnlySlow(Slow.narrow(64_000), 3, bytes.now());
    Evidence.record(
        "a link of 64 kB/s, bytes printed", List.of("F5"), "one connection, all there", bytes);
  }

  private void isOnlySlow(Slow slow, int calls, int bytes) throws Exception {
    try (ChaosProxy proxy = Proxied.always(slow);
        SupervisorClient client =
            Proxied.by(proxy)
                .tool(tally.tool())
                .startTimeout(Duration.ofSeconds(60))
                .callTimeout(Duration.ofSeconds(60))
                .open()) {
      Outcome outcome =
          client
              .session()
              .execute(
                  "for k in range(%d): print(len(await tally(k, 'y' * 5000)))\nprint('z' * %d)"
                      .formatted(calls, bytes));
      assertThat(outcome.error()).isEmpty();
      assertThat(outcome.stdoutText()).isEqualTo("5001\n".repeat(calls) + "z".repeat(bytes) + "\n");
      assertThat(proxy.connections()).isEqualTo(1);
    }
    tally.readsOneForEachOf(calls);
  }

  @Test
  void what_is_printed_while_nothing_passes_is_all_there_afterwards() throws Exception {
    Counts mebibytes = Counts.of(8, 16, 64);
    Counts seconds = Counts.of(12, 30, 120);
    try (ChaosProxy proxy = Proxied.always(valve);
        SupervisorClient client = Proxied.by(proxy).tool(tally.tool()).open()) {
      Probe probe = Probe.of(client, proxy.target());
      Printing printing = Printing.start(client, mebibytes.now());
      valve.shut();
      stays(
          Duration.ofSeconds(seconds.now()),
          () -> assertThat(state(probe)).as("the producer waits").isEqualTo("busy"));
      proxy.sever(How.RST); // what was under way is lost as well, and the next connection waits
      stays(Duration.ofMillis(500), () -> assertThat(state(probe)).isEqualTo("busy"));
      long kept = probe.status().path("unackedBytes").asLong();
      valve.open();
      printing.isWhole();
      Evidence.record(
          "MiB printed while nothing passes, then the link heals",
          List.of("F9"),
          "all there; the runner kept %d KiB and held the producer back".formatted(kept / 1024),
          mebibytes);
      assertThat(kept).isLessThan(5L * MIB);
    }
  }

  @Test
  void a_supervisor_that_is_stopped_for_a_while_loses_nothing() throws Exception {
    stopped(client -> client.runner().pid());
  }

  @Test
  void a_kernel_that_is_stopped_for_a_while_loses_nothing() throws Exception {
    stopped(client -> Kernels.only(client).pid());
  }

  @Test
  void a_link_that_stands_still_for_a_while_loses_nothing() throws Exception {
    try (ChaosProxy proxy = Proxied.always(valve);
        SupervisorClient client = Proxied.by(proxy).open()) {
      Printing printing = Printing.start(client, 8);
      valve.shut();
      pass(standstill());
      valve.open();
      printing.isWhole();
      assertThat(attaches(client, proxy)).isLessThanOrEqualTo(2);
    }
  }

  /** Pid of the process that is stopped. */
  @FunctionalInterface
  private interface Victim {
    long of(SupervisorClient client);
  }

  private void stopped(Victim victim) throws Exception {
    try (ChaosProxy proxy = Proxied.always(valve);
        SupervisorClient client = Proxied.by(proxy).open()) {
      long pid = victim.of(client);
      Printing printing = Printing.start(client, 8);
      Processes.signal(pid, "STOP");
      try {
        pass(standstill());
      } finally {
        Processes.signal(pid, "CONT");
      }
      printing.isWhole();
      assertThat(attaches(client, proxy)).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void a_host_that_takes_nothing_for_a_while_loses_nothing() throws Exception {
    try (ChaosProxy proxy = Proxied.always(valve);
        SupervisorClient client = Proxied.by(proxy).open()) {
      Printing printing = Printing.start(client, 8);
      printing.hold();
      pass(standstill());
      printing.goOn();
      printing.isWhole();
      assertThat(proxy.connections()).isEqualTo(1);
    }
  }

  private static Duration standstill() {
    return Duration.ofSeconds(Counts.of(2, 20, 60).now());
  }

  private static int attaches(SupervisorClient client, ChaosProxy proxy) throws Exception {
    return Probe.of(client, proxy.target()).status().path("attaches").asInt();
  }

  private static String state(Probe probe) {
    return probe.status().path("sessions").path(0).path("state").asString("");
  }

  /** The standstill itself: nothing is waited for. */
  private static void pass(Duration time) throws InterruptedException {
    new CountDownLatch(1).await(time.toNanos(), TimeUnit.NANOSECONDS);
  }

  private static void stays(Duration time, Runnable so) {
    Awaitility.await().during(time).atMost(time.plusSeconds(30)).untilAsserted(so::run);
  }

  /** A cell that prints so many numbered lines of 1 KiB, and a listener that can be held. */
  private static final class Printing implements CellListener {
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);
    private final CellRun run;
    private final int lines;
    private volatile boolean held;
    private long bytes; // the mailbox's, then read behind the outcome
    private long sum;

    private Printing(SupervisorClient client, int mebibytes) {
      lines = mebibytes * 1024;
      run =
          client
              .session()
              .start(
                  Cell.of("for i in range(%d): print('%%07d' %% i + 'p' * 1016)".formatted(lines))
                      .noTimeout()
                      .listener(this));
    }

    static Printing start(SupervisorClient client, int mebibytes) throws InterruptedException {
      Printing printing = new Printing(client, mebibytes);
      assertThat(printing.begun.await(10, TimeUnit.SECONDS)).isTrue();
      return printing;
    }

    @Override
    public void onOutput(OutputChunk chunk) {
      begun.countDown();
      if (held) {
        try {
          go.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      bytes += chunk.size();
      for (byte b : chunk.bytes()) {
        sum = sum * 31 + b;
      }
    }

    void hold() {
      held = true;
    }

    void goOn() {
      held = false;
      go.countDown();
    }

    void isWhole() throws Exception {
      Outcome outcome = run.outcome().get(120, TimeUnit.SECONDS);
      assertThat(outcome.error()).isEmpty();
      assertThat(outcome.ok()).as("%s %s", outcome, outcome.cause()).isTrue();
      assertThat(outcome.generation()).isEqualTo(1);
      assertThat(bytes).isEqualTo(lines * 1024L);
      long expected = 0;
      for (int i = 0; i < lines; i++) {
        for (byte b : ("%07d".formatted(i) + "p".repeat(1016) + "\n").getBytes("UTF-8")) {
          expected = expected * 31 + b;
        }
      }
      assertThat(sum).isEqualTo(expected);
    }
  }
}
