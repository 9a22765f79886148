package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut;
import dev.pyvisor.contract.chaos.Cut.Direction;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.outcome.Outcome;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A runner that somebody else has started: attached to, left as it is, and its end is seen. */
@ExtendWith({Census.class, HangReport.class})
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class WebsocketAttachTest {
  @TempDir Path folder;

  @Test
  @Rule({"REC-8", "REC-15"})
  void hosts_attach_one_after_another_and_each_finds_nothing_of_the_last() throws Exception {
    try (Listener runner = Listener.start(folder)) {
      for (int host = 1; host <= 3; host++) {
        try (SupervisorClient client = runner.client().open()) {
          assertThat(client.runner().pid()).isEqualTo(runner.process.pid());
          Outcome outcome = client.session().execute("print('kept' in globals())\nkept = 1");
          assertThat(outcome.error()).isEmpty();
          assertThat(outcome.stdoutText()).isEqualTo("False\n");
        }
        assertThat(runner.process.isAlive()).isTrue();
      }
    }
  }

  @Test
  @Rule("REC-20")
  void a_proxy_on_another_machine_is_no_way_for_what_can_be_read_there() throws Exception {
    try (Listener runner = Listener.start(folder)) {
      assertThatThrownBy(
              () -> runner.client().backendOption("websocket.proxy", "192.0.2.1:1080").open())
          .isInstanceOf(LaunchFailed.class)
          .hasMessageContaining("websocket.proxy is '192.0.2.1:1080', on another machine");
    }
  }

  @Test
  @Rule("REC-18")
  void the_status_is_told_before_during_and_after_a_cell() throws Exception {
    try (Listener runner = Listener.start(folder)) {
      assertThat(runner.status().get("attached").asBoolean()).isFalse();
      try (SupervisorClient client = runner.client().open()) {
        CellRun cell = client.session().start(Cell.of("while True: pass"));
        JsonNode during = runner.status();
        assertThat(during.get("attached").asBoolean()).isTrue();
        assertThat(during.get("incarnation").asString()).isEqualTo(client.runner().incarnation());
        assertThat(cell.interrupt()).isTrue();
        assertThat(cell.await().ok()).isFalse();
      }
      JsonNode after = runner.status();
      assertThat(after.get("attached").asBoolean()).isFalse();
      assertThat(after.get("pid").asLong()).isEqualTo(runner.process.pid());
    }
  }

  @Test
  @Rule({"REC-6", "REC-8"})
  void a_first_connection_that_ends_right_after_the_101_costs_nothing() throws Exception {
    cutRightAfterThe101(How.FIN);
  }

  @Test
  @Rule({"REC-6", "REC-8"})
  void a_first_connection_that_is_reset_right_after_the_101_costs_nothing() throws Exception {
    cutRightAfterThe101(How.RST);
  }

  private void cutRightAfterThe101(How how) throws Exception {
    try (Listener runner = Listener.start(folder);
        ChaosProxy proxy =
            new ChaosProxy(n -> n == 1 ? new Cut(Direction.TO_HOST, 163, how) : Cut.NEVER)) {
      try (SupervisorClient client =
          runner.client().backendOption("websocket.proxy", proxy.address()).open()) {
        assertThat(client.session().execute("print(6 * 7)").stdoutText()).isEqualTo("42\n");
      }
      assertThat(proxy.cuts()).isEqualTo(1);
      try (SupervisorClient client = runner.client().open()) {
        assertThat(client.session().execute("print(6 * 7)").stdoutText()).isEqualTo("42\n");
      }
    }
  }

  @Test
  @Rule("REC-7")
  void a_second_host_is_refused_unless_it_takes_over() throws Exception {
    try (Listener runner = Listener.start(folder);
        SupervisorClient client = runner.client().restart(false).open()) {
      assertThat(refused(runner.client(), ErrorCode.ALREADY_ATTACHED))
          .hasMessageContaining("409 already_attached")
          .hasMessageContaining("websocket.takeover");
      assertThat(client.session().execute("print(1)").stdoutText()).isEqualTo("1\n");
      try (SupervisorClient other =
          runner.client().backendOption("websocket.takeover", "true").open()) {
        assertThat(other.session().execute("print(2)").stdoutText()).isEqualTo("2\n");
        ExitReport end = client.exited().get(30, TimeUnit.SECONDS);
        assertThat(end.reason()).containsAnyOf("409 close_4409", "410 epoch_changed");
        assertThat(end.exitStatus()).isEmpty();
        assertThat(other.session().execute("print(3)").stdoutText()).isEqualTo("3\n");
      }
    }
  }

  @Test
  @Rule({"REC-10", "C116"})
  void a_wrong_token_and_a_wrong_path_are_refused_at_the_first_answer() throws Exception {
    try (Listener runner = Listener.start(folder)) {
      String wrong = "another-token-0123456789-0123456789-0123";
      Path other = Listener.token(folder, "other", wrong);
      assertThat(refused(Listener.client(runner.url(), other), ErrorCode.UNAUTHENTICATED))
          .hasMessageContaining("401")
          .hasMessageNotContaining(wrong);
      SupervisorClient.Builder elsewhere =
          Listener.client("ws://" + runner.address + "/v2", runner.token);
      assertThat(refused(elsewhere, ErrorCode.NOT_FOUND))
          .hasMessageContaining("404")
          .hasMessageContaining("/v1/link");
      assertThat(runner.status().get("attaches").asInt()).isZero();
    }
  }

  @Test
  void a_runner_that_has_ended_before_is_told_at_once() throws Exception {
    String url;
    Path token;
    try (Listener runner = Listener.start(folder)) {
      url = runner.url();
      token = runner.token;
    }
    assertThat(refused(Listener.client(url, token), ErrorCode.EXECUTION_FAILED))
        .hasMessageContaining("nothing listens at");
  }

  @Test
  void a_runner_that_ends_while_it_is_attached_is_told_by_what_it_said() throws Exception {
    try (Listener runner = Listener.start(folder);
        SupervisorClient client = runner.client().restart(false).open()) {
      CellRun cell = client.session().start(Cell.of("import time\ntime.sleep(600)"));
      runner.process.destroy();
      ExitReport end = client.exited().get(30, TimeUnit.SECONDS);
      assertThat(end.reason()).isEqualTo("it ended");
      assertThat(end.exitStatus()).isEmpty();
      assertThat(cell.await().ok()).isFalse();
    }
  }

  @Test
  @Rule("REC-11")
  void a_runner_that_nobody_comes_back_to_ends() throws Exception {
    try (Listener runner = Listener.start(folder, "--detach-ttl", "20ms")) {
      try (SupervisorClient client = runner.client().open()) {
        assertThat(client.session().execute("print(1)").stdoutText()).isEqualTo("1\n");
      }
      assertThat(runner.process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(runner.process.exitValue()).isZero();
    }
  }

  private static LaunchFailed refused(SupervisorClient.Builder builder, ErrorCode code) {
    LaunchFailed refused = catchThrowableOfType(LaunchFailed.class, () -> builder.open().close());
    assertThat(refused.code()).isEqualTo(code);
    return refused;
  }
}
