package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.Launcher;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.backend.FarSide;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.load.Interpreters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a websocket's runner has of the network and of secrets, and its code has not. */
@ExtendWith({Census.class, HangReport.class})
class BubblewrapSecretsTest {
  private static final String SEEN =
      """
      import os, socket
      names = []
      for folder, folders, files in os.walk(os.path.dirname(os.environ['PYVISOR_DIR'])):
          names += files
      try:
          socket.create_connection(('127.0.0.1', %s), 1).close()
          reached = True
      except OSError:
          reached = False
      print('token' in ''.join(names), reached)
      """;

  @Test
  @Rule({"REC-17"})
  void the_supervisor_alone_holds_the_socket_and_no_code_reaches_it() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "only root sees the descriptors");
    try (SupervisorClient client = OpenClients.open(InBubblewrap.client("websocket"))) {
      String port = port(client);
      FarSide supervisor = FarSide.of(client);
      String socket = "socket:[" + inode(port) + "]";
      assertThat(holders(socket, client)).containsExactly(supervisor.pid());
      assertThat(client.session().execute(SEEN.formatted(port)).stdoutText())
          .isEqualTo("False False\n");
      assertThat(supervisor.sharedNamespaces()).doesNotContain("net");
    }
  }

  @Test
  @Rule({"REC-17"})
  void the_tokens_file_is_gone_before_any_code_runs() throws IOException {
    tokenIsGone(Launcher.BUBBLEWRAP);
  }

  /** The control, too: without a sandbox the address is reached. */
  @Test
  @Rule({"REC-17"})
  void the_tokens_file_is_gone_without_a_sandbox_too() throws IOException {
    tokenIsGone(Launcher.PROCESS);
  }

  private static void tokenIsGone(Launcher launcher) throws IOException {
    try (SupervisorClient client =
        OpenClients.open(InBubblewrap.client("websocket").launcher(launcher))) {
      assertThat(client.session().execute(SEEN.formatted(port(client))).stdoutText())
          .isEqualTo("False " + (launcher == Launcher.PROCESS ? "True" : "False") + "\n");
      try (Stream<Path> files = Files.walk(privateDirectory(client, launcher))) {
        assertThat(
                files.map(file -> file.getFileName().toString()).filter(n -> n.contains("token")))
            .isEmpty();
      }
    }
  }

  @Test
  void where_no_launcher_is_named_the_websockets_runner_is_isolated() throws IOException {
    InBubblewrap.client("websocket");
    try (SupervisorClient client =
        OpenClients.open(
            SupervisorClient.builder().backend("websocket").python(Interpreters.standard()))) {
      for (String kind : List.of("net", "pid", "user", "mnt", "ipc", "uts")) {
        assertThat(InBubblewrap.namespace(client, kind))
            .startsWith(kind + ":[")
            .isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns", kind)).toString());
      }
    }
  }

  private static Path privateDirectory(SupervisorClient client, Launcher launcher) {
    Path told =
        Path.of(
            client
                .session()
                .execute("import os; print(os.environ['PYVISOR_DIR'])")
                .stdoutText()
                .strip());
    return launcher == Launcher.PROCESS ? told : told.getParent();
  }

  /** The port of the only connection that this process has to itself. */
  private static String port(SupervisorClient client) throws IOException {
    Set<String> ours = sockets(ProcessHandle.current().pid());
    List<String> ports =
        table()
            .filter(row -> row[3].equals("01") && ours.contains("socket:[" + row[9] + "]"))
            .map(row -> String.valueOf(Integer.parseInt(row[2].split(":")[1], 16)))
            .collect(Collectors.toList());
    assertThat(ports).as("connections of this process, %s", client).hasSize(1);
    return ports.get(0);
  }

  private static String inode(String port) throws IOException {
    String ending = String.format(":%04X", Integer.parseInt(port));
    return table()
        .filter(row -> row[3].equals("0A") && row[1].endsWith(ending))
        .findFirst()
        .orElseThrow()[9];
  }

  /** A JVM's own sockets are of the newer family, whatever they are connected to. */
  private static Stream<String[]> table() throws IOException {
    List<String[]> rows = new ArrayList<>();
    for (String file : List.of("tcp", "tcp6")) {
      Files.readAllLines(Path.of("/proc/net", file)).stream()
          .skip(1)
          .map(line -> line.strip().split("\\s+"))
          .forEach(rows::add);
    }
    return rows.stream();
  }

  /** Of all processes below this one. */
  private static List<Long> holders(String socket, SupervisorClient client) {
    List<Long> holders = new ArrayList<>();
    ProcessHandle.current()
        .descendants()
        .map(ProcessHandle::pid)
        .filter(pid -> sockets(pid).contains(socket))
        .forEach(holders::add);
    return holders;
  }

  private static Set<String> sockets(long pid) {
    Set<String> found = new TreeSet<>();
    try (Stream<Path> links = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
      links.forEach(
          link -> {
            try {
              found.add(Files.readSymbolicLink(link).toString());
            } catch (IOException closed) {
              found.remove("");
            }
          });
    } catch (IOException gone) {
      return Set.of();
    }
    return found;
  }
}
