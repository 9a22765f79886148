package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.WorkspaceFiles;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Heavy;
import dev.pyvisor.contract.backend.HostSide;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.load.Heap;
import dev.pyvisor.error.CallCancelled;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.ProtocolViolated;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.error.RunnerGone;
import dev.pyvisor.internal.Counters;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.wire.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a runner writes, and however it writes it: each time a stub in the runner's place. */
@Needs(Capability.PAYLOAD)
@HostSide
public interface PeerContract extends RunnerContract {
  Duration SHORT = Duration.ofMillis(500);

  Duration TEN_SECONDS = Duration.ofSeconds(10);

  private SupervisorClient.Builder stub(Path folder, String program) {
    return Stub.instead(client(), folder, program);
  }

  private SupervisorClient openStub(Path folder, String program) {
    return OpenClients.open(stub(folder, program));
  }

  String ALL_CALLS_BEFORE_ANY_READING =
      """
      rest = start()
      kind, registered, _, _ = next(rest)
      write(reply(registered, {}))
      kind, execute, _, cell = next(rest)
      calls = %d
      for n in range(calls):
          write(message(RELAY, {"jsonrpc": "2.0", "id": n, "method": "tool.call", "params":
              {"name": "echo", "args": [chr(97 + n %% 26) * 950000], "kwargs": {}}}, 1, 1, cell))
      good = set()
      for kind, answer, _, _ in rest:
          if answer.get("result") == chr(97 + answer["id"] %% 26) * 950000:
              good.add(answer["id"])
          elif answer.get("method") != "status":  # asked while a cell is open
              raise SystemExit("wrong answer: %%.200r" %% answer)
          if len(good) == calls:
              write(terminal(execute, cell, calls))
              break
      for nothing in rest: pass
      """;

  @TestFactory
  @Rule({"H1", "TRN-5", "P1"})
  default Stream<DynamicTest> a_runner_that_writes_everything_before_it_reads_does_not_wedge(
      @TempDir Path folder) {
    return Stream.of(12, 64)
        .map(calls -> DynamicTest.dynamicTest(calls + " calls", () -> doesNotWedge(folder, calls)));
  }

  private void doesNotWedge(Path folder, int calls) {
    Tool echo = Tool.of("echo", (arguments, context) -> arguments.positional().get(0));
    String program = ALL_CALLS_BEFORE_ANY_READING.formatted(calls);
    try (SupervisorClient client = OpenClients.open(stub(folder, program).tool(echo))) {
      Outcome outcome = client.session().execute("go");
      assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.COMPLETED);
      assertThat(outcome.toolCalls()).isEqualTo(calls);
    }
  }

  @TestFactory
  @Rule({"H2", "FRM-3", "FRM-4"})
  default Stream<DynamicTest> frames_arrive_however_the_writes_were_cut(@TempDir Path folder) {
    return Stream.of(
            "write(data)", "for b in data: write(bytes([b]))", "write(data[:-3]); write(data[-3:])")
        .map(how -> DynamicTest.dynamicTest(how, () -> arriveCut(folder, how)));
  }

  private void arriveCut(Path folder, String how) {
    String program =
        """
        rest = start()
        kind, execute, _, cell = next(rest)
        out = ("é€😀" * 3).encode()
        data = b"".join(frame(STDOUT, out[at:at+5], session=1, generation=1, cell=cell)
                        for at in range(0, len(out), 5)) + terminal(execute, cell, out=out)
        """
            + how
            + "\nfor nothing in rest: pass\n";
    try (SupervisorClient client = openStub(folder, program)) {
      Outcome outcome = client.session().execute("go");
      assertThat(outcome.ok()).as(outcome.toString()).isTrue();
      assertThat(outcome.stdoutText()).isEqualTo("é€😀é€😀é€😀");
    }
  }

  /** What stays in a buffer that nobody looks at again would be there at no deadline. */
  @TestFactory
  @Rule({"H2", "W3a", "FRM-4"})
  default Stream<DynamicTest> all_replies_of_one_write_are_heard_though_nothing_follows(
      @TempDir Path folder) {
    return Stream.of(1, 950_000)
        .map(
            size ->
                DynamicTest.dynamicTest(
                    "the first of three has " + size + " bytes", () -> allHeard(folder, size)));
  }

  private void allHeard(Path folder, int size) {
    String program =
        """
        rest = start()
        asked = [next(rest)[1] for _ in range(3)]
        data = b"".join(reply(asked[n], {"text": "x" * (%d if n == 0 else 1)}) for n in range(3))
        assert os.write(1, data) == len(data)
        for nothing in rest: pass
        """
            .formatted(size);
    try (SupervisorClient client = openStub(folder, program)) {
      List<CompletableFuture<String>> calls =
          Stream.of(size, 1, 1)
              .map(length -> client.requestAsync("status", "{}", TEN_SECONDS))
              .toList();
      assertThat(calls.get(0).join()).isEqualTo(text(size));
      assertThat(calls.get(1).join()).isEqualTo(text(1));
      assertThat(calls.get(2).join()).isEqualTo(text(1));
    }
  }

  private static String text(int size) {
    return "{\"text\":\"" + "x".repeat(size) + "\"}";
  }

  @Test
  @Rule({"H2", "FRM-6"})
  default void a_partial_frame_and_then_silence_fails_the_request_at_its_own_deadline(
      @TempDir Path folder) {
    String program =
        """
        rest = start()
        kind, asked, _, _ = next(rest)
        write(reply(asked, {})[:-1])
        for nothing in rest: pass
        """;
    try (SupervisorClient client = openStub(folder, program)) {
      long begun = System.nanoTime();
      RunnerException failure = failure(client.requestAsync("status", "{}", SHORT));
      Duration took = Duration.ofNanos(System.nanoTime() - begun);
      assertThat(failure).isInstanceOf(CallTimedOut.class);
      assertThat(failure.delivery()).isEqualTo(Delivery.UNKNOWN);
      // Ten times as long: no other clock of the host that runs now ends so early.
      assertThat(took).isLessThan(SHORT.multipliedBy(10));
    }
  }

  @TestFactory
  @Rule({"H4", "H5", "FRM-2", "FRM-5", "FRM-7", "FRM-13"})
  default Stream<DynamicTest> garbage_ends_the_connection_loudly(@TempDir Path folder) {
    return Stream.of(
            new Garbage("b'hello\\n'", "68 65 6c 6c 6f 0a"),
            new Garbage("b'\\xff\\xfe\\xfd'", "ff fe fd"),
            new Garbage("b'{}'", "7b 7d"),
            new Garbage("struct.pack('>I', 65533)", "00 00 ff fd"),
            new Garbage("struct.pack('>I', 1)", "00 00 00 01"),
            new Garbage("frame(99)", "00 00 00 14 63 00"),
            new Garbage("frame(RELAY, b'no', flags=LAST, session=1, message=9)", "6e 6f"))
        .map(garbage -> DynamicTest.dynamicTest(garbage.python, () -> endsLoudly(folder, garbage)));
  }

  /** What a runner writes, and the first bytes of it that are shown. */
  record Garbage(String python, String hex) {}

  private void endsLoudly(Path folder, Garbage garbage) {
    String program =
        """
        rest = start()
        next(rest)
        write(%s)
        for nothing in rest: pass
        """
            .formatted(garbage.python);
    try (SupervisorClient client = openStub(folder, program)) {
      assertThatThrownBy(() -> client.request("status", "{}"))
          .isInstanceOf(ProtocolViolated.class)
          .hasMessageContaining("FRM-")
          .hasMessageContaining("; first bytes: " + garbage.hex);
      assertThat(client.session().execute("x").kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
      ExitReport report = client.exited().join();
      assertThat(report.reason()).contains("broke FRM-");
    }
  }

  /** A message too large by its own words, and one that goes on behind its declared end. */
  @TestFactory
  @Heavy(why = "a hundred megabytes are written, for the host to drop")
  @Rule({"H4", "FRM-10", "FRM-11"})
  default Stream<DynamicTest> of_a_message_without_an_end_no_more_is_kept_than_a_message_may_have(
      @TempDir Path folder) {
    return Stream.of(Limits.MESSAGE + 1, Limits.MESSAGE)
        .map(
            declared ->
                DynamicTest.dynamicTest(
                    declared + " bytes are declared", () -> keepsNoMore(folder, declared)));
  }

  private void keepsNoMore(Path folder, int declared) {
    String program =
        """
        rest = start()
        next(rest)
        write(frame(RELAY, struct.pack(">IH", %d, 0), FIRST, 1, 1, 1, 9))
        chunk = frame(RELAY, bytes(BODY), 0, 1, 1, 1, 9)
        for _ in range(1500): write(chunk)
        for nothing in rest: pass
        """
            .formatted(declared);
    try (SupervisorClient client = openStub(folder, program)) {
      long before = Heap.alive();
      assertThatThrownBy(() -> client.request("status", "{}"))
          .isInstanceOf(ProtocolViolated.class)
          .hasMessageContaining(declared > Limits.MESSAGE ? "FRM-11" : "FRM-10");
      client.exited().join();
      assertThat(Heap.alive() - before).isLessThan(Limits.MESSAGE + Heap.OF_OTHERS);
    }
  }

  @Test
  @Rule({"H5", "SES-4"})
  default void an_unknown_id_is_dropped_and_counted(@TempDir Path folder) {
    String program =
        """
        rest = start()
        kind, asked, _, _ = next(rest)
        write(reply({"id": 987654}, {}) + reply(asked, {"fine": True}))
        for nothing in rest: pass
        """;
    try (SupervisorClient client = openStub(folder, program)) {
      assertThat(client.request("status", "{}")).isEqualTo("{\"fine\":true}");
      assertThat(client.counters().lateReplies()).isEqualTo(1);
    }
  }

  /** Ids go on over a restart: what the first runner was asked has no answer from the second. */
  @Test
  @Rule({"H6", "SES-4"})
  default void an_answer_to_a_call_of_the_runner_before_settles_no_call(@TempDir Path folder) {
    String program =
        """
        rest = start()
        kind, asked, _, _ = next(rest)
        kind, execute, _, cell = next(rest)
        told = os.path.join(os.environ["PYVISOR_DIR"], "asked")  # one for all runners of a client
        if not os.path.exists(told):
            with open(told, "w") as file: json.dump([asked["id"], execute["id"]], file)
            os._exit(7)  # no signal: where it is the first process of a namespace it would take none
        with open(told) as file: before = [{"id": id} for id in json.load(file)]
        write(reply(before[0], {"answer": "of before"}) + reply(asked, {"answer": "of now"}))
        write(terminal(before[1], 1, tool_calls=1) + terminal(execute, cell, tool_calls=2))
        for nothing in rest: pass
        """;
    try (SupervisorClient client = OpenClients.open(stub(folder, program).restart(true))) {
      CompletableFuture<String> lost = client.requestAsync("status", "{}", TEN_SECONDS);
      Outcome unknown = client.session().execute("go");
      assertThat(unknown.kind()).as(unknown.toString()).isEqualTo(OutcomeKind.UNKNOWN);
      assertThat(failure(lost)).isInstanceOf(RunnerGone.class);

      CompletableFuture<String> asked = client.requestAsync("status", "{}", TEN_SECONDS);
      Outcome outcome = client.session().execute("go");
      assertThat(asked.join()).isEqualTo("{\"answer\":\"of now\"}");
      assertThat(outcome.toolCalls()).as(outcome.toString()).isEqualTo(2);
      assertThat(client.counters().lateReplies()).isGreaterThanOrEqualTo(2);
    }
  }

  @Test
  @Rule("C96f")
  default void a_runner_without_files_refuses_each_verb_by_its_name(@TempDir Path folder)
      throws IOException {
    String program =
        """
        for kind, asked, session, cell in start():
            write(refused(asked, -32601, asked["method"] + ": there are no files here"))
        """;
    Path file = Files.writeString(folder.resolve("file"), "x");
    Path target = folder.resolve("new/target");
    try (SupervisorClient client = openStub(folder, program)) {
      WorkspaceFiles files = client.session().files();
      Map<String, Runnable> verbs =
          Map.of(
              "file.begin", () -> files.put(file, "x"),
              "file.read", () -> files.collect("x", target),
              "file.list", () -> files.list(""),
              "file.mkdir", () -> files.mkdir("x"));
      verbs.forEach(
          (method, verb) -> {
            CallFailed refused = catchThrowableOfType(CallFailed.class, verb::run);
            assertThat(refused.code()).isEqualTo(ErrorCode.METHOD_NOT_FOUND);
            assertThat(refused).hasMessageContaining(method + ": there are no files here");
          });
      assertThat(target.getParent()).doesNotExist();
    }
  }

  String TELLS_WHAT_IS_CLOSED =
      """
      kind, closing, _, _ = next(rest)
      write(reply(closing, {}))
      kind, asked, _, _ = next(rest)
      write(reply(asked, {"asked": closing["method"], "params": closing["params"]}))
      for nothing in rest: pass
      """;

  String CLOSED = "{\"asked\":\"session.close\",\"params\":{\"session\":2}}";

  /** It would count among the runner's sessions, of which there may be so many only. */
  @Test
  @Rule({"SES-4", "SES-10"})
  default void a_session_that_opens_after_its_deadline_is_closed(@TempDir Path folder) {
    String program =
        """
        rest = start()
        kind, late, _, _ = next(rest)
        kind, asked, _, _ = next(rest)
        write(opened(late, 2) + reply(asked, {}))
        """
            + TELLS_WHAT_IS_CLOSED;
    try (SupervisorClient client = OpenClients.open(stub(folder, program).callTimeout(SHORT))) {
      assertThatThrownBy(() -> client.openSession("late")).isInstanceOf(CallTimedOut.class);
      assertThat(client.request("status", "{}")).isEqualTo("{}");
      assertThat(client.request("status", "{}")).isEqualTo(CLOSED);
    }
  }

  @Test
  @Rule("SES-10")
  default void a_session_that_opens_after_its_thread_was_interrupted_is_closed(@TempDir Path folder)
      throws Exception {
    String program =
        """
        rest = start()
        first = {envelope["method"]: envelope for kind, envelope, _, _ in (next(rest), next(rest))}
        write(reply(first["status"], {}))
        kind, asked, _, _ = next(rest)
        write(opened(first["session.open"], 2) + reply(asked, {}))
        """
            + TELLS_WHAT_IS_CLOSED;
    try (SupervisorClient client = openStub(folder, program)) {
      CompletableFuture<Throwable> ended = new CompletableFuture<>();
      Thread opener =
          new Thread(() -> ended.complete(catchThrowable(() -> client.openSession("late"))));
      opener.start();
      assertThat(client.request("status", "{}")).as("once both are there").isEqualTo("{}");
      opener.interrupt();
      assertThat(ended.get()).isInstanceOf(CallCancelled.class);
      opener.join();
      assertThat(client.request("status", "{}")).isEqualTo("{}");
      assertThat(client.request("status", "{}")).isEqualTo(CLOSED);
    }
  }

  @Test
  @Rule("LIF-11")
  default void a_session_whose_tools_are_refused_is_closed(@TempDir Path folder) {
    String program =
        """
        rest = start()
        kind, registered, _, _ = next(rest)
        write(reply(registered, {}))
        kind, opening, _, _ = next(rest)
        write(opened(opening, 2))
        kind, registered, _, _ = next(rest)
        write(refused(registered, -32602, "no such tools here"))
        """
            + TELLS_WHAT_IS_CLOSED;
    Tool tool = Tool.of("tool", (arguments, context) -> null);
    try (SupervisorClient client = OpenClients.open(stub(folder, program).tool(tool))) {
      assertThatThrownBy(() -> client.openSession("toolless"))
          .hasMessageContaining("no such tools here");
      assertThat(client.request("status", "{}")).isEqualTo(CLOSED);
    }
  }

  /** What comes twice would be told from what comes once by nothing else. */
  @Test
  @Rule({"SES-4", "SES-8", "SES-10"})
  default void of_what_a_good_runner_says_nothing_is_dropped(@TempDir Path folder) {
    String program =
        """
        rest = start()
        for kind, asked, session, cell in rest:
            write(terminal(asked, cell) if session else reply(asked, {}))
        """;
    try (SupervisorClient client = openStub(folder, program)) {
      for (int i = 0; i < 20; i++) {
        assertThat(client.request("status", "{}")).isEqualTo("{}");
        assertThat(client.session().execute("go").ok()).isTrue();
      }
      Counters counters = client.counters();
      assertThat(
              List.of(
                  counters.lateReplies(),
                  counters.staleFrames(),
                  counters.ignoredNotifications(),
                  counters.lateOutputBytes()))
          .as("late replies, stale frames, unknown notifications, late output")
          .containsOnly(0L);
    }
  }

  private static RunnerException failure(CompletableFuture<?> call) {
    CompletionException failed = catchThrowableOfType(CompletionException.class, call::join);
    assertThat(failed.getCause()).isInstanceOf(RunnerException.class);
    return (RunnerException) failed.getCause();
  }
}
