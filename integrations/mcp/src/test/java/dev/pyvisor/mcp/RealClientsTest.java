package dev.pyvisor.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Clients that we did not write, against the server as a program of its own. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@ExtendWith({Census.class, HangReport.class})
@Limit(
    seconds = 180,
    why = "a server is a JVM and a Python of its own, and a client may be a third program")
class RealClientsTest {
  /** What each of them must see; the scripts say how it is asked for. */
  static final Map<String, Object> SEEN =
      Map.ofEntries(
          Map.entry(
              "tools",
              List.of(
                  "checkpoint",
                  "close_session",
                  "execute",
                  "get_file",
                  "interrupt",
                  "list_files",
                  "list_sessions",
                  "open_session",
                  "put_file",
                  "rollback")),
          Map.entry("value", "[value] 42"),
          Map.entry("progress", "0\n1\n2\n"),
          Map.entry("error", List.of(true, true, true)),
          Map.entry("late", List.of(true, true)),
          Map.entry("cancelled", "[value] 7"),
          Map.entry("concurrent", List.of("[value] 5", "[value] 5", "[value] 5", "[value] 5")),
          Map.entry("bad", true),
          Map.entry("unknown", -32602),
          Map.entry("nowhere", true),
          Map.entry("files", "7\tin/a.txt"),
          Map.entry("file", "grüße"),
          Map.entry("rolledBack", "[value] 1"));

  @Test
  void the_official_python_client_sees_what_it_should() throws Exception {
    assertThat(seen(Clients.python(), "start", TestServer.command())).isEqualTo(SEEN);
  }

  @Test
  void the_official_typescript_client_sees_what_it_should() throws Exception {
    assertThat(seen(Clients.typescript(), "start", TestServer.command())).isEqualTo(SEEN);
  }

  static Map<String, Object> seen(List<String> client, String how, List<String> where)
      throws Exception {
    List<String> command = new ArrayList<>(client);
    command.add(how);
    command.addAll(where);
    Clients.Result result = Clients.run(command);
    assertThat(result.status()).as(result.err()).isZero();
    return result.json();
  }
}
