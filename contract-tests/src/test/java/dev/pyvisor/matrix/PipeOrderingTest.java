package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.wire.Limits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The terminal of a cell comes after all its output, and waits for nothing else. A real supervisor
 * is driven by a kernel that follows a script; "not yet" and "already" are shown by what has and
 * has not happened at that moment, never by a clock.
 */
@ExtendWith({Census.class, HangReport.class})
class PipeOrderingTest {
  private static final String FINISH = "\nsay('returned')\nsay('done')\n";
  private static final String EXIT = "\nos._exit(3)\n";

  /** What a capture pipe holds beyond the credit, so that the kernel can write all and go on. */
  private static final int UNREAD = 60_000;

  private static final int FLOOD = Limits.OUTPUT_WINDOW + UNREAD;
  private static final int PATIENCE_SECONDS = 10;

  /** A supervisor that is as late as can be: it reads nothing before the cell has ended. */
  private static final String LATE_READER =
      """
      _room = Pipe.room
      Pipe.room = lambda self: _room(self) if self.output.state.cell is None or self.output.state.cell.ending else 0
      """;

  private static final String NO_LAST_LOOK = "Pipe.held = lambda self: 0";

  @TempDir Path folder;
  private ScriptedKernel kernel;

  @BeforeEach
  void copyTheRunner() throws IOException {
    kernel = ScriptedKernel.in(folder);
  }

  @Test
  @Rule({"LIF-3", "LIF-5", "H17"})
  void output_on_one_stream_comes_before_the_terminal() throws Exception {
    kernel.amend("output.py", LATE_READER);
    try (SupervisorClient client = open()) {
      Outcome outcome = client.session().execute("write(1, b'one ' * 10_000)" + FINISH);
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(outcome.stdoutText()).isEqualTo("one ".repeat(10_000));
    }
  }

  /** It shows that the test above would see the mechanism missing. */
  @Test
  @Rule("LIF-5")
  void without_the_last_look_at_the_pipes_output_on_one_stream_comes_too_late() throws Exception {
    kernel.amend("output.py", LATE_READER + NO_LAST_LOOK);
    try (SupervisorClient client = open()) {
      Outcome outcome = client.session().execute("write(1, b'one ' * 10_000)" + FINISH);
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(outcome.stdoutText()).isEmpty();
    }
  }

  @Test
  @Rule({"LIF-3", "LIF-4", "LIF-5", "LIF-10"})
  void output_on_both_streams_and_tool_calls_come_before_the_terminal() {
    Tool add = Tool.of("add", (arguments, context) -> 5);
    try (SupervisorClient client = OpenClients.open(kernel.client().tool(add))) {
      Outcome outcome =
          client
              .session()
              .execute(
                  """
                  for i in range(50):
                      write(1, b'out %d\\n' % i)
                      write(2, b'err %d\\n' % i)
                  assert call('add', 2, 3)['result'] == 5
                  say('returned')
                  write(1, b'after returned\\n')
                  write(2, b'after returned\\n')
                  say('done', toolCalls=1)
                  """);
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(outcome.stdoutText())
          .startsWith("out 0\nout 1\n")
          .endsWith("out 49\nafter returned\n");
      assertThat(outcome.stderrText())
          .startsWith("err 0\nerr 1\n")
          .endsWith("err 49\nafter returned\n");
      assertThat(outcome.toolCalls()).isEqualTo(1);
    }
  }

  @Test
  @Rule({"LIF-3", "LIF-7", "TRN-1", "TRN-2"})
  void the_terminal_of_a_dead_kernel_waits_for_output_that_is_still_in_its_pipe() throws Exception {
    Outcome outcome = terminalWaits(EXIT);
    assertThat(outcome.kind()).isEqualTo(OutcomeKind.CRASHED);
  }

  @Test
  @Rule({"LIF-3", "LIF-5", "TRN-1", "TRN-2"})
  void the_terminal_of_a_cell_waits_for_output_that_is_still_in_its_pipe() throws Exception {
    Path told = kernel.fifo("told");
    Outcome outcome = terminalWaits(FINISH + "wait('" + told + "')\nos._exit(0)\n", told);
    assertThat(outcome.kind()).isEqualTo(OutcomeKind.COMPLETED);
  }

  @Test
  @Rule({"LIF-7", "TRN-7", "H18"})
  void the_terminal_of_a_dead_kernel_goes_at_once_when_its_output_is_read() throws Exception {
    Outcome outcome = terminalGoesAtOnce(EXIT);
    assertThat(outcome.kind()).isEqualTo(OutcomeKind.CRASHED);
  }

  @Test
  @Rule({"LIF-5", "H18"})
  void the_terminal_of_a_cell_goes_at_once_when_its_output_is_read() throws Exception {
    Outcome outcome = terminalGoesAtOnce(FINISH);
    assertThat(outcome.kind()).isEqualTo(OutcomeKind.COMPLETED);
  }

  @Test
  @Rule("LIF-6")
  void output_after_the_terminal_is_late_and_belongs_to_no_cell() throws Exception {
    Path ended = kernel.fifo("ended");
    CompletableFuture<String> late = new CompletableFuture<>();
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.onLateOutput(chunk -> late.complete(chunk.text()));
      Outcome outcome =
          session.execute(
              "write(1, b'in time')" + FINISH + "wait('" + ended + "')\nwrite(1, b'too late')");
      assertThat(outcome.stdoutText()).isEqualTo("in time");
      ScriptedKernel.open(ended);
      assertThat(late.get(10, TimeUnit.SECONDS)).isEqualTo("too late");
      assertThat(session.execute("write(1, b'next')" + FINISH).stdoutText()).isEqualTo("next");
    }
  }

  @Test
  @Rule({"C53", "SES-7"})
  void a_call_of_an_unknown_tool_is_refused_by_name_and_the_host_lives() {
    try (SupervisorClient client = open()) {
      Outcome outcome =
          client
              .session()
              .execute(
                  "error = call('no_such_tool')['error']\n"
                      + "write(1, repr((error['code'], error['message'], error['data']['code'])).encode())"
                      + "\nsay('returned')\nsay('done', toolCalls=1)\n");
      assertThat(outcome.stdoutText()).contains("-32002", "no_such_tool", "tool_not_found");
      assertThat(client.session().execute("write(1, b'next')" + FINISH).stdoutText())
          .isEqualTo("next");
    }
  }

  /** These two show that the two tests above would see the mechanism missing. */
  @Test
  @Rule("LIF-7")
  void without_the_last_look_at_the_pipes_a_dead_kernel_ends_its_cell_before_its_output()
      throws Exception {
    kernel.amend("output.py", NO_LAST_LOOK);
    assertThat(terminalIsEarly(EXIT).kind()).isEqualTo(OutcomeKind.CRASHED);
  }

  @Test
  @Rule("LIF-5")
  void without_the_last_look_at_the_pipes_a_cell_ends_before_its_output() throws Exception {
    kernel.amend("output.py", NO_LAST_LOOK);
    assertThat(terminalIsEarly(FINISH).kind()).isEqualTo(OutcomeKind.COMPLETED);
  }

  /** The listener holds the credit back, so that a part of the output must stay in the pipe. */
  private Outcome terminalWaits(String end, Path... release) throws Exception {
    StalledListener stalled = new StalledListener();
    Path written = kernel.fifo("written");
    try (SupervisorClient client = open()) {
      CellRun run = startFlood(client, written, end, stalled);
      ProcessHandle process = Kernels.only(client);
      ScriptedKernel.open(written);
      if (release.length == 0) {
        process.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      } else {
        // The kernel waits for this only after it has said that it is done.
        ScriptedKernel.open(release[0]);
      }
      // The supervisor answers this after the kernel's end, so it has had the time to be wrong.
      assertThat(runs(client)).as("the cell runs, while output is unread").isTrue();
      stalled.goOn();
      Outcome outcome = run.outcome().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(outcome.stdoutText()).hasSize(FLOOD);
      return outcome;
    }
  }

  /** The same course, with a supervisor that does not wait. */
  private Outcome terminalIsEarly(String end) throws Exception {
    StalledListener stalled = new StalledListener();
    Path written = kernel.fifo("written");
    try (SupervisorClient client = open()) {
      CellRun run = startFlood(client, written, end, stalled);
      ScriptedKernel.open(written);
      Awaitility.await("the end of the cell, while output is unread")
          .atMost(PATIENCE_SECONDS, TimeUnit.SECONDS)
          .until(() -> !runs(client));
      stalled.goOn();
      Outcome outcome = run.outcome().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(outcome.stdoutText().length()).isLessThan(FLOOD);
      return outcome;
    }
  }

  private static CellRun startFlood(
      SupervisorClient client, Path written, String end, CellListener listener) {
    return client
        .session()
        .start(
            Cell.of("write(1, b'x' * " + FLOOD + ")\nwait('" + written + "')" + end)
                .listener(listener));
  }

  /** Whether the cell of the only session runs, for the supervisor. */
  private static boolean runs(SupervisorClient client) {
    return client.request("status", "{}").contains("\"state\":\"busy\"");
  }

  /** A child of the kernel holds the pipes open, and is still alive when the terminal has come. */
  private Outcome terminalGoesAtOnce(String end) throws Exception {
    AtomicInteger missing = new AtomicInteger(FLOOD);
    CountDownLatch read = new CountDownLatch(1);
    CellListener counting =
        new CellListener() {
          @Override
          public void onOutput(OutputChunk chunk) {
            if (chunk.stream().wireName().equals("stdout")
                && missing.addAndGet(-chunk.size()) == 0) {
              read.countDown();
            }
          }
        };
    Path go = kernel.fifo("go");
    Path never = kernel.fifo("never");
    long holder;
    Outcome outcome;
    try (SupervisorClient client = open()) {
      CellRun run =
          client
              .session()
              .start(
                  Cell.of(
                          "write(2, b'%d' % hold('"
                              + never
                              + "'))\nwrite(1, b'x' * "
                              + FLOOD
                              + ")\nwait('"
                              + go
                              + "')"
                              + end)
                      .listener(counting));
      assertThat(read.await(10, TimeUnit.SECONDS)).as("all output was read").isTrue();
      ScriptedKernel.open(go);
      outcome = run.outcome().get(10, TimeUnit.SECONDS);
      holder = Long.parseLong(outcome.stderrText());
      assertThat(Processes.alive(holder))
          .as("the holder of the pipes, when the terminal came")
          .isTrue();
    }
    assertThat(Processes.alive(holder)).as("the holder of the pipes, after close").isFalse();
    assertThat(outcome.stdoutText()).hasSize(FLOOD);
    return outcome;
  }

  private SupervisorClient open() {
    return OpenClients.open(kernel.client());
  }
}
