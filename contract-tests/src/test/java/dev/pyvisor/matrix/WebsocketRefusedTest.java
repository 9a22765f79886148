package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Cell;
import dev.pyvisor.Launcher;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.TimeLimit;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The table of what is refused, as a host in Java sees it: the same codes, and nothing begun. */
@Limit(seconds = 180, why = "one of its sessions is the last of 64")
@ExtendWith({Census.class, HangReport.class})
class WebsocketRefusedTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Bytes of a request at least; an acknowledgement that comes meanwhile has 15. */
  private static final long REQUEST = 80;

  @TempDir Path folder;
  private Listener runner;
  private SupervisorClient client;

  @BeforeEach
  void attach() throws Exception {
    runner = Listener.start(folder);
    client = runner.client().restart(false).open();
  }

  @AfterEach
  void end() {
    client.close();
    runner.close();
  }

  @Test
  @Rule({"ERR-3", "ERR-5"})
  void what_an_idle_session_refuses_begins_nothing() throws Exception {
    client.session().execute("x = 1");
    client.session().get("x"); // behind the copy that the kernel makes of itself: one process more
    for (RefusedRow row : rows("open")) {
      JsonNode sessions = sessions();
      Set<Long> processes = processes();
      switch (row.asked()) {
        case "ATTACH" -> assertSaid(row, RawAttach.refused(runner, row.params(1, incarnation())));
        case "execute" -> refusedHere(row);
        default -> refusedNow(row, 1);
      }
      assertThat(sessions()).as(row.toString()).isEqualTo(sessions);
      assertThat(processes).as(row.toString()).containsAll(processes());
    }
    assertThat(client.session().execute("print(x)").stdoutText()).isEqualTo("1\n");
  }

  @Test
  @Rule("ERR-5")
  void a_session_that_was_removed_is_not_found() throws Exception {
    Session removed = client.openSession("removed");
    int number = number("removed");
    client.request("session.close", "{\"session\":" + number + "}");
    for (RefusedRow row : rows("removed")) {
      refused(row, number, ask(row, removed, number));
    }
    assertThat(sessions()).hasSize(1);
    Session closed = client.openSession("closed");
    closed.close();
    CallFailed refused = catchThrowableOfType(CallFailed.class, () -> closed.get("x"));
    assertThat(refused.status()).isEqualTo(404);
    assertThat(refused.code()).isEqualTo(ErrorCode.SESSION_NOT_FOUND);
  }

  @Test
  @Rule("ERR-5")
  void a_session_that_is_closing_is_in_conflict() throws Exception {
    for (RefusedRow row : rows("closing")) {
      Session closing = client.openSession("closing");
      int number = number("closing");
      meanwhile("session.close", "{\"session\":" + number + "}", row, closing, number);
      assertThat(sessions()).as(row.toString()).hasSize(1);
    }
  }

  @Test
  @Rule("ERR-5")
  void a_session_that_is_being_restored_is_in_conflict_and_is_restored() throws Exception {
    client.session().execute("x = 1");
    client.request("checkpoint", "{\"session\":1,\"name\":\"c\"}");
    for (RefusedRow row : rows("restoring")) {
      meanwhile("rollback", "{\"session\":1,\"name\":\"c\"}", row, client.session(), 1);
      assertThat(sessions()).as(row.toString()).hasSize(1);
      assertThat(sessions().get(0).get("checkpoints")).as(row.toString()).hasSize(1);
      assertThat(client.session().get("x").as(Long.class)).isEqualTo(1);
    }
  }

  @Test
  @Rule("ERR-5")
  void a_session_whose_kernel_could_not_be_started_says_so() throws Exception {
    Path gone = Files.createDirectory(folder.resolve("gone"));
    client.request(
        "session.open", "{\"name\":\"failed\",\"workspace\":\"" + gone.toAbsolutePath() + "\"}");
    int number = number("failed");
    Files.delete(gone);
    for (RefusedRow row : rows("failed")) {
      if (!row.asked().equals("execute")) { // no session of this API stands behind that number
        refusedNow(row, number);
      }
    }
  }

  @Test
  @Rule("ERR-5")
  void beyond_the_last_session_and_the_last_checkpoint_nothing_is_begun() throws Exception {
    for (int i = 0; i < 4; i++) {
      client.session().checkpoint("c" + i);
    }
    for (RefusedRow row : rows("kept")) {
      refusedNow(row, 1);
    }
    assertThat(sessions().get(0).get("checkpoints")).hasSize(4);
    for (int i = 1; i < 64; i++) {
      client.openSession("s" + i);
    }
    Set<Long> processes = processes();
    for (RefusedRow row : rows("full")) {
      refusedNow(row, 1);
    }
    assertThat(sessions()).hasSize(64);
    assertThat(processes).containsAll(processes());
  }

  @Test
  @Rule("ERR-5")
  void no_row_of_the_table_is_left_out_or_blames_the_runner() throws Exception {
    assertThat(RefusedRow.all().stream().map(RefusedRow::state).distinct())
        .containsExactlyInAnyOrder(
            "open", "removed", "closing", "restoring", "failed", "full", "kept");
    for (RefusedRow row : RefusedRow.all()) {
      assertThat(row.status()).as(row.toString()).isBetween(400, 499);
      assertThat(ErrorCode.ofWireName(row.code()).status()).isEqualTo(row.status());
    }
  }

  @Test
  void an_interpreter_that_is_not_there_is_422_and_bounds_of_the_builder_name_the_value() {
    LaunchFailed missing =
        catchThrowableOfType(
            LaunchFailed.class,
            () ->
                SupervisorClient.builder()
                    .backend("websocket")
                    .launcher(Launcher.PROCESS)
                    .python(folder.resolve("no-python"))
                    .trusted()
                    .open());
    assertThat(missing).hasMessageContaining("no-python");
    assertThat(missing.status()).isEqualTo(422);
    SupervisorClient.Builder builder = SupervisorClient.builder();
    for (Duration wrong : List.of(Duration.ZERO, Duration.ofMillis(-1))) {
      assertThatThrownBy(() -> builder.startTimeout(wrong)).hasMessageContaining(wrong.toString());
      assertThatThrownBy(() -> builder.toolTimeout(wrong)).hasMessageContaining(wrong.toString());
      assertThatThrownBy(() -> builder.cellTimeout(wrong)).hasMessageContaining(wrong.toString());
    }
    Duration tooLong = TimeLimit.LONGEST.plusMillis(1);
    assertThatThrownBy(() -> builder.cellTimeout(tooLong))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(tooLong.toString())
        .hasMessageContaining("365 days");
    assertThatThrownBy(() -> builder.toolThreads(0)).hasMessageContaining("not 0");
  }

  // ---- a row ----

  private static List<RefusedRow> rows(String state) throws Exception {
    List<RefusedRow> rows =
        RefusedRow.all().stream().filter(row -> row.state().equals(state)).toList();
    assertThat(rows).as(state).isNotEmpty();
    return rows;
  }

  private CompletableFuture<?> ask(RefusedRow row, Session session, int number) {
    // The runner asks the same of a cell and of a variable; its refusal of a cell is an outcome.
    return row.asked().equals("execute")
        ? session.getAsync("x")
        : client.requestAsync(row.asked(), row.params(number, incarnation()), PATIENCE);
  }

  private void refusedNow(RefusedRow row, int number) throws Exception {
    refused(row, number, ask(row, client.session(), number));
  }

  /** Asked for behind another thing: the runner has both before it does either. */
  private void meanwhile(String method, String params, RefusedRow row, Session session, int number)
      throws Exception {
    Processes.signal(runner.process.pid(), "STOP");
    CompletableFuture<?> first;
    CompletableFuture<?> asked;
    try {
      first = client.requestAsync(method, params, PATIENCE);
      long unread = awaitUnread(REQUEST);
      asked = ask(row, session, number);
      awaitUnread(unread + REQUEST);
    } finally {
      Processes.signal(runner.process.pid(), "CONT");
    }
    refused(row, number, asked);
    first.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private long awaitUnread(long least) throws Exception {
    Awaitility.await()
        .pollInterval(Duration.ofMillis(5))
        .atMost(PATIENCE)
        .until(() -> unread() >= least);
    return unread();
  }

  /** Bytes that lie before the runner, as the system counts them. */
  private long unread() throws Exception {
    int port = Integer.parseInt(runner.address.substring(runner.address.indexOf(':') + 1));
    String local = "0100007F:%04X ".formatted(port);
    try (var lines = Files.lines(Path.of("/proc/net/tcp"))) {
      return lines
          .filter(line -> line.contains(": " + local) && line.contains(" 01 "))
          .mapToLong(line -> Long.parseLong(line.strip().split("\\s+")[4].split(":")[1], 16))
          .sum();
    }
  }

  private void refused(RefusedRow row, int number, CompletableFuture<?> asked) throws Exception {
    try {
      Object answer = asked.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      throw new AssertionError(row + " was answered " + answer);
    } catch (ExecutionException failed) {
      assertThat(failed.getCause()).as(row.toString()).isInstanceOf(CallFailed.class);
      CallFailed refused = (CallFailed) failed.getCause();
      assertThat(refused.status()).as(row + ": " + refused).isEqualTo(row.status());
      assertThat(refused.code().wireName()).as(row.toString()).isEqualTo(row.code());
      JsonNode data = JsonMapper.shared().readTree(refused.data().orElse("{}"));
      assertThat(data.path("status").asInt(0)).as(row.toString()).isEqualTo(row.status());
      assertThat(refused.getMessage()).contains(row.names(number));
    }
  }

  private static void assertSaid(RefusedRow row, JsonNode said) {
    assertThat(said.get("status").asInt()).as(row + ": " + said).isEqualTo(row.status());
    assertThat(said.get("code").asString()).as(row.toString()).isEqualTo(row.code());
    assertThat(said.get("message").asString()).contains(row.names());
  }

  /** A limit of a cell does not leave the host. */
  private void refusedHere(RefusedRow row) {
    JsonNode params = JsonMapper.shared().readTree(row.params());
    boolean timeout = params.has("timeoutMs");
    Duration wrong = Duration.ofMillis(params.path(timeout ? "timeoutMs" : "graceMs").asLong());
    Cell cell = Cell.of("x = 2");
    assertThatThrownBy(
            () -> client.session().execute(timeout ? cell.timeout(wrong) : cell.grace(wrong)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(wrong.toString())
        .hasMessageContaining("365 days");
  }

  // ---- what there is ----

  private JsonNode sessions() {
    return JsonMapper.shared().readTree(client.request("status", "{}")).get("sessions");
  }

  private int number(String name) {
    for (JsonNode session : sessions()) {
      if (session.get("name").asString().equals(name)) {
        return session.get("session").asInt();
      }
    }
    throw new AssertionError("no session " + name + " in " + sessions());
  }

  private String incarnation() {
    return client.runner().incarnation();
  }

  private Set<Long> processes() {
    return runner.process.descendants().map(ProcessHandle::pid).collect(Collectors.toSet());
  }
}
