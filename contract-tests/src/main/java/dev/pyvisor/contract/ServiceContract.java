package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that cells started: whose end takes them along, and whose does not. */
@OneBackend
public interface ServiceContract extends RunnerContract {
  /** Answers each connection to the port that it prints. */
  String SERVICE =
      """
      import socket, subprocess, sys
      code = '''
      import socket
      server = socket.create_server(('127.0.0.1', 0))
      print(server.getsockname()[1], flush=True)
      while True:
          server.accept()[0].sendall(b'alive')
      '''
      service = subprocess.Popen([sys.executable, '-c', code], stdout=open('port.txt', 'w'))
      print(service.pid)
      def ask():
          port = ''
          while not port.endswith('\\n'):
              port = open('port.txt').read()
          return socket.create_connection(('127.0.0.1', int(port))).recv(5).decode()
      """;

  /** A child, and one that has left its family and its terminal; prints their numbers. */
  String CHILDREN =
      """
      import os, subprocess, sys
      leave = 'import os; os.setsid(); p = os.fork(); p and (print(p, flush=True), os._exit(0));'
      far = subprocess.run([sys.executable, '-c', leave + ' os.close(1); os.execvp("sleep", ["sleep", "60"])'],
                           stdout=subprocess.PIPE).stdout
      near = subprocess.Popen(['sleep', '60'])
      print(near.pid, int(far), flush=True)
      """;

  @Test
  @Rule({"C16", "C70", "LIF-17", "W22"})
  default void a_service_of_an_earlier_cell_survives_a_cell_that_is_timed_out() {
    survives(Cell.of(CHILDREN + "while True: pass"));
  }

  @Test
  @Rule({"C16", "C70", "LIF-17", "W22"})
  default void a_service_of_an_earlier_cell_survives_a_cell_that_is_killed() {
    String ignores = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n";
    survives(Cell.of(ignores + CHILDREN + "while True: pass").grace(Duration.ofMillis(100)));
  }

  private void survives(Cell cell) {
    long service;
    try (SupervisorClient client = open()) {
      Session session = client.session();
      service = here(client, Long.parseLong(session.execute(SERVICE).stdoutText().strip()));
      assertThat(session.execute("print(ask())").stdoutText()).isEqualTo("alive\n");

      awaitDead(client, startedInTime(session, cell));
      assertThat(Processes.alive(service)).as("the service").isTrue();
      assertThat(session.execute("print(ask())").stdoutText()).isEqualTo("alive\n");
    }
    assertThat(Processes.alive(service)).as("the service, after close").isFalse();
  }

  /**
   * The children of a cell that was timed out after it had started them, however long that took.
   */
  private static List<Long> startedInTime(Session session, Cell cell) {
    String started = "";
    for (int limit = 500; started.isBlank(); limit *= 2) {
      Outcome outcome = session.execute(cell.timeout(Duration.ofMillis(limit)));
      assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.TIMED_OUT);
      assertThat(outcome.state().preserved()).as(outcome.state().text()).isTrue();
      started = outcome.stdoutText();
    }
    return numbers(started);
  }

  @Test
  @Rule({"C70", "LIF-17"})
  @Needs(Capability.INTERRUPT)
  default void what_an_interrupted_cell_started_ends_with_it() throws InterruptedException {
    CountDownLatch started = new CountDownLatch(1);
    Tool tell =
        Tool.of(
            "tell",
            (given, call) -> {
              started.countDown();
              return null;
            });
    try (SupervisorClient client = open(tell)) {
      Session session = client.session();
      long service = here(client, Long.parseLong(session.execute(SERVICE).stdoutText().strip()));
      CellRun run = session.start(Cell.of(CHILDREN + "await tell()\nwhile True: pass"));
      assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(run.interrupt()).isTrue();
      Outcome outcome = run.await();
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.INTERRUPTED);
      awaitDead(client, numbers(outcome.stdoutText()));
      assertThat(Processes.alive(service)).as("the service").isTrue();
    }
  }

  /** Only a ladder ends processes: what a cell that simply returned has started is a service. */
  @Test
  @Needs(Capability.CHECKPOINTS)
  @Rule({"C16", "LIF-17"})
  default void services_survive_the_end_of_their_cell_and_a_crash_of_the_kernel() {
    List<Long> children = new ArrayList<>();
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute(SERVICE);
      children.addAll(here(client, numbers(session.execute(CHILDREN).stdoutText())));
      Outcome crashed = session.execute("os._exit(7)");
      assertThat(crashed.state().notRolledBack()).contains("processes that earlier cells started");
      assertThat(children).hasSize(2).allMatch(Processes::alive);
      assertThat(session.execute("print(ask())").stdoutText()).isEqualTo("alive\n");
    }
    assertThat(children).noneMatch(Processes::alive);
  }

  /** Its PATH leads to one program, which lists no processes. */
  @Test
  @Rule({"W23", "C70", "LIF-17"})
  default void what_a_cell_started_ends_with_it_where_no_program_lists_processes(
      @TempDir Path folder) throws IOException {
    Files.createSymbolicLink(folder.resolve("sleep"), Path.of("/bin/sleep"));
    try (SupervisorClient client =
        OpenClients.open(
            client().environment("PATH", folder.toString()).workspace(workspace(folder)))) {
      Session session = client.session();
      assertThat(
              session
                  .execute("import shutil\nprint(shutil.which('ps'), shutil.which('pgrep'))")
                  .stdoutText())
          .isEqualTo("None None\n");
      List<Long> children = startedInTime(session, Cell.of(CHILDREN + "while True: pass"));
      assertThat(children).hasSize(2);
      awaitDead(client, children);
    }
  }

  /** They were killed before the outcome came, but take a moment to end. */
  private void awaitDead(SupervisorClient client, List<Long> told) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(() -> assertThat(here(client, told)).noneMatch(Processes::alive));
  }

  private static List<Long> numbers(String text) {
    List<Long> numbers = new ArrayList<>();
    for (String word : text.strip().split(" ")) {
      numbers.add(Long.parseLong(word));
    }
    return numbers;
  }
}
