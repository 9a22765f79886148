package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.outcome.OutcomeKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever ends a runner in bubblewrap takes all of it along, and nothing in it ends its
 * supervisor.
 */
@ExtendWith({Census.class, HangReport.class})
class BubblewrapEndsTest {
  /** LIF-9 says two seconds; a loaded machine gets as much again. */
  private static final Duration LIMIT = Duration.ofSeconds(4);

  /** Where the host has its private directory, which it cannot remove itself. */
  @TempDir Path folder;

  @Test
  @Rule({"C87", "H21", "H24", "LIF-9", "TRN-7"})
  void nothing_of_the_runner_outlives_a_host_that_is_killed() throws Exception {
    killHost("pipe");
  }

  @Test
  @Rule({"C87", "H21", "H24", "LIF-9", "TRN-7"})
  void nothing_of_a_runner_that_listens_outlives_a_host_that_is_killed() throws Exception {
    killHost("websocket");
  }

  private void killHost(String backend) throws Exception {
    InBubblewrap.client(backend);
    try (HostProcess host = HostProcess.start(folder, Host.class, backend)) {
      String namespace = host.line();
      assertThat(namespace).startsWith("pid:[");
      long bwrap =
          host.process()
              .descendants()
              .filter(process -> process.info().command().orElse("").endsWith("bwrap"))
              .findFirst()
              .orElseThrow()
              .pid();
      inhabited(namespace);

      long start = System.nanoTime();
      host.kill();
      gone(namespace, bwrap, "SIGKILL of the host, " + backend, start);
      Awaitility.await().atMost(LIMIT).until(() -> host.privateDirectories().isEmpty());
    }
  }

  /**
   * By the supervisor, the zygote, the kernel, five that have left, and two that hop: those a
   * single look may miss, since they have another number each half millisecond.
   */
  private static void inhabited(String namespace) {
    Awaitility.await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .atMost(Duration.ofSeconds(20))
        .until(() -> Processes.inNamespace(namespace).size() > 8);
  }

  @Test
  @Rule({"H21", "H26", "LIF-9"})
  void nothing_outlives_a_supervisor_that_is_killed_though_it_wears_no_tag() {
    killSupervisor("pipe");
  }

  @Test
  @Rule({"H21", "H26", "LIF-9"})
  void nothing_outlives_a_supervisor_that_listened_and_is_killed() {
    killSupervisor("websocket");
  }

  private static void killSupervisor(String backend) {
    try (SupervisorClient client = OpenClients.open(InBubblewrap.client(backend).restart(false))) {
      String namespace = InBubblewrap.namespace(client, "pid");
      assertThat(client.session().execute(InBubblewrap.ESCAPEES).stdoutText()).isEqualTo("ready\n");
      inhabited(namespace);
      long start = System.nanoTime();
      Processes.kill(client.runner().pid());
      gone(namespace, client.runner().pid(), "SIGKILL of the supervisor, " + backend, start);
      assertThat(client.exited().orTimeout(10, TimeUnit.SECONDS).join()).isNotNull();
    }
  }

  @Test
  @Rule({"H21", "LIF-9"})
  void nothing_outlives_a_client_that_is_closed() {
    String namespace;
    try (SupervisorClient client = OpenClients.open(InBubblewrap.client("pipe"))) {
      namespace = InBubblewrap.namespace(client, "pid");
      client.session().execute(InBubblewrap.ESCAPEES);
      inhabited(namespace);
    }
    assertThat(Processes.inNamespace(namespace)).isEmpty();
  }

  /** H35; what a test leaves behind is looked for after it. */
  @Test
  @Rule("H35")
  @Limit(seconds = 300, why = "two hundred starts of a runner in the full count")
  void clients_that_come_and_go_leave_nothing() {
    Counts counts = Counts.of(10, 50, 200);
    for (int i = 0; i < counts.now(); i++) {
      SupervisorClient client =
          OpenClients.open(InBubblewrap.client(i % 2 == 0 ? "pipe" : "websocket").restart(false));
      String namespace;
      try (client) {
        namespace = InBubblewrap.namespace(client, "pid");
        if (i % 10 == 9) {
          client.session().start(Cell.of("while True: pass"));
          Processes.kill(client.runner().pid());
        }
      }
      assertThat(Processes.inNamespace(namespace)).as("round %d", i).isEmpty();
    }
    assertThat(ProcessHandle.current().descendants()).as("processes below this one").isEmpty();
  }

  /** It is the first of its namespace: what would end or stop any other process does nothing. */
  @Test
  @Rule("H22")
  void a_cell_cannot_kill_or_stop_its_supervisor() {
    try (SupervisorClient client = OpenClients.open(InBubblewrap.client("pipe"))) {
      long before = client.runner().pid();
      for (String signal : List.of("SIGKILL", "SIGSTOP")) {
        assertThat(
                client
                    .session()
                    .execute(
                        Cell.of(
                            "import os, signal\nos.kill(os.getppid(), signal."
                                + signal
                                + ")\nprint(os.getppid())"))
                    .stdoutText())
            .as(signal)
            .isEqualTo("1\n");
      }
      assertThat(client.session().execute("1").kind()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(client.runner().pid()).isEqualTo(before);
      assertThat(Processes.alive(before)).isTrue();
    }
  }

  private static void gone(String namespace, long outer, String what, long start) {
    Awaitility.await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .atMost(LIMIT)
        .until(() -> Processes.inNamespace(namespace).isEmpty() && !Processes.alive(outer));
    Evidence.record(
        "from " + what + " to the end of all in its bubblewrap",
        List.of("LIF-9"),
        Duration.ofNanos(System.nanoTime() - start).toMillis() + " ms",
        Counts.always(1));
  }

  /** The program that is killed: its code holds the interpreter and has started others. */
  static final class Host {
    private Host() {}

    /** Prints the namespace of all that its code has started, then runs an endless cell. */
    public static void main(String[] arguments) {
      SupervisorClient client = InBubblewrap.client(arguments[0]).open();
      client.session().execute(InBubblewrap.ESCAPEES);
      System.out.println(InBubblewrap.namespace(client, "pid"));
      System.out.flush();
      client.session().execute("while True: pass");
    }
  }
}
