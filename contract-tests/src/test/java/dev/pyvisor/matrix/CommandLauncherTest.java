package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Launcher;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.tool.Tool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A runner that a command of the user's starts. */
@ExtendWith({Census.class, HangReport.class})
class CommandLauncherTest {
  private static SupervisorClient.Builder by(String line) {
    return SupervisorClient.builder()
        .backend("pipe")
        .launcher(Launcher.COMMAND)
        .launchCommand(line)
        .python(Interpreters.standard());
  }

  @Test
  void cells_and_tools_run_where_the_command_has_started_the_runner() {
    try (SupervisorClient client =
        OpenClients.open(
            by("nice -n 7 ${python} -I -S ${runner} ${arguments}")
                .tool(Tool.of("add", (arguments, context) -> 5)))) {
      assertThat(client.session().execute("import os; print(os.nice(0), await add())").stdoutText())
          .isEqualTo("7 5\n");
    }
  }

  /** As ssh does it: the runner is a process that is not below this one. */
  @Test
  void a_runner_that_is_not_below_this_process_ends_with_its_client() {
    String relay =
        "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:], start_new_session=True))";
    long runner;
    try (SupervisorClient client =
        OpenClients.open(
            by("${python} -c '" + relay + "' ${python} -I -S ${runner} ${arguments}"))) {
      runner = client.runner().pid();
      assertThat(ProcessHandle.of(runner)).isPresent();
      client.session().execute("x = 1");
    }
    assertThat(ProcessHandle.of(runner).filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void a_command_that_says_no_frame_is_told_with_what_it_said() {
    assertThatThrownBy(
            () -> by("sh -c 'echo no such host >&2; exit 3' ${arguments}").open().close())
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("exit status 3")
        .hasMessageContaining("no such host");
  }
}
