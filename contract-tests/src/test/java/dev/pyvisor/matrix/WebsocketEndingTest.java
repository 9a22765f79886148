package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.chaos.Valve;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.contract.load.Begun;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.error.Retry;
import dev.pyvisor.error.RunnerGone;
import dev.pyvisor.error.Tombstone;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.sabotage.PatchedRunner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A runner that ends by itself or is told to: its host hears how, whenever it comes. */
@Limit(seconds = 120, why = "runners that end, each with its patience")
@ExtendWith({Census.class, HangReport.class})
class WebsocketEndingTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;

  @Test
  @Rule({"REC-10", "REC-21"})
  void a_host_that_comes_back_too_late_is_told_how_its_runner_ended_and_dials_no_more()
      throws Exception {
    Valve valve = new Valve();
    try (Listener runner = Listener.start(folder, "--detach-ttl", "20ms");
        ChaosProxy proxy = Proxied.always(valve);
        SupervisorClient client =
            runner
                .client()
                .backendOption("websocket.proxy", proxy.address())
                .restart(false)
                .open()) {
      Begun begun = new Begun();
      CellRun cell =
          client
              .session()
              .start(Cell.of("print('begun')\nimport time\ntime.sleep(600)").listener(begun));
      begun.await();
      valve.shut();
      proxy.sever(How.RST);
      Awaitility.await().atMost(PATIENCE).until(() -> runner.status().has("tombstone"));
      assertThat(runner.process.descendants().filter(ProcessHandle::isAlive)).isEmpty();
      valve.open();
      ExitReport end = client.exited().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      int dialled = proxy.connections();
      assertThat(end.refused()).contains(ErrorCode.SESSION_EXPIRED);
      Tombstone told = end.tombstone().orElseThrow();
      assertThat(told.reason()).isEqualTo("no host was attached for 0.02 s");
      assertThat(told.exitStatus()).isZero();
      assertThat(told.totals()).containsEntry("cells", 1L).containsEntry("runningCells", 1L);
      Outcome outcome = cell.await();
      assertThat(outcome.ok()).isFalse();
      assertThat(outcome.cause().orElseThrow().kind()).isEqualTo("session_expired");
      assertThat(outcome.cause().orElseThrow().text()).contains(told.reason());
      RunnerGone gone =
          catchThrowableOfType(RunnerGone.class, () -> client.request("status", "{}"));
      assertThat(gone.code()).isEqualTo(ErrorCode.SESSION_EXPIRED);
      assertThat(gone.status()).isEqualTo(410);
      assertThat(gone.retry()).isEqualTo(Retry.NEVER);
      assertThat(proxy.connections()).as("it is not dialled again").isEqualTo(dialled);
      LaunchFailed late =
          catchThrowableOfType(LaunchFailed.class, () -> runner.client().open().close());
      assertThat(late.code()).isEqualTo(ErrorCode.SESSION_EXPIRED);
      assertThat(late.report().orElseThrow().tombstone().orElseThrow().totals())
          .isEqualTo(told.totals());
    }
  }

  @Test
  @Rule("REC-22")
  void a_runner_that_was_told_to_end_begins_nothing_new_and_its_cell_ends_with_its_output()
      throws Exception {
    Path mark = folder.resolve("mark");
    try (ChaosProxy proxy = Proxied.always(new Valve());
        SupervisorClient client = Proxied.by(proxy).payload(patient()).restart(false).open()) {
      Session other = client.openSession("other");
      Begun begun = new Begun();
      CellRun cell =
          client
              .session()
              .start(
                  Cell.of(
                          "import os, time\nprint('begun')\nwhile not os.path.exists('%s'):"
                                  .formatted(mark)
                              + " time.sleep(0.01)\nprint('ended' * 10_000)")
                      .listener(begun));
      begun.await();
      Probe probe = Probe.of(client, proxy.target());
      Processes.signal(client.runner().pid(), "TERM");
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> probe.status().path("draining").asBoolean(false));
      CallFailed refused =
          catchThrowableOfType(CallFailed.class, () -> client.openSession("third"));
      assertThat(refused.code()).isEqualTo(ErrorCode.DRAINING);
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.retry()).isEqualTo(Retry.BACKOFF);
      Outcome never = other.execute("raise SystemExit");
      assertThat(never.kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
      assertThat(never.cause().orElseThrow().kind()).isEqualTo("draining");
      proxy.sever(How.RST); // its own host may come back
      Files.createFile(mark);
      Outcome outcome = cell.outcome().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(outcome.ok()).as(outcome.toString()).isTrue();
      assertThat(outcome.stdoutText()).isEqualTo("begun\n" + "ended".repeat(10_000) + "\n");
      ExitReport end = client.exited().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(end.exitStatus()).hasValue(0);
    }
  }

  /** A copy of ours that gives its cells more time than this test has. */
  private Path patient() throws Exception {
    return PatchedRunner.in(
        folder.resolve("payload"), "limits.py", "DRAIN_CELLS, DRAIN_ALL = 300.0, 300.0");
  }
}
