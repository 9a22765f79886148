package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Core;
import dev.pyvisor.contract.backend.HostSide;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.contract.load.Begun;
import dev.pyvisor.log.LogEvent;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.tool.Tool;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What a client does is told while it does it: to people, and to a file. */
@Core(from = Tier.WIDE)
public interface DiagnosticsContract extends RunnerContract {
  /** Answers what it is given; fails where that is a text. */
  private static Tool look() {
    return Tool.named("look")
        .parameter("at", Object.class, "anything")
        .optional("token", String.class, "", "what nobody may see")
        .handler(
            (arguments, context) -> {
              Object given = arguments.get("at", Object.class);
              if (given instanceof String) {
                throw new IllegalStateException("the server said: token=k-four");
              }
              return 1;
            });
  }

  private SupervisorClient logging(Path file, Tool... tools) {
    SupervisorClient.Builder builder =
        client().debugLog(file).environment("DB_PASSWORD", "tr0ub4dor");
    for (Tool tool : tools) {
      builder.tool(tool);
    }
    return OpenClients.open(builder);
  }

  @Test
  @Rule({"C126", "C127"})
  default void people_are_told_output_tool_calls_errors_and_answers_each_as_it_comes() {
    Queue<String> told = new ConcurrentLinkedQueue<>();
    SupervisorClient.Builder builder =
        client().verbose(told::add).tool(DemoTools.adder()).tool(SubmitContract.SUBMIT);
    try (SupervisorClient client = OpenClients.open(builder)) {
      Session session = client.session();
      session.execute("r = await add(2, 3)\nprint('sum', r['total'])");
      session.execute("print('so far', end='')\nraise ValueError('no good')");
      session.execute("SUBMIT(answer='ok')");
      // Everything has been told when the outcome is there.
      assertThat(told.stream().collect(Collectors.joining()).lines())
          .containsExactly(
              "Tool: add({\"args\": [2, 3]})",
              "Tool: add returned",
              "sum 5",
              "cell 1 completed",
              "so far",
              "error (ValueError): no good",
              "cell 2 raised",
              "SUBMIT: {\"answer\": \"ok\"}",
              "cell 3 submitted");
    }
  }

  /**
   * Neither the log nor its absence is heard of by anybody; what is printed stays the outcome's.
   */
  @Test
  @Rule({"C128", "C130", "C133"})
  default void a_log_has_the_life_of_a_client_and_nothing_is_printed_with_or_without(
      @TempDir Path folder) throws Exception {
    Path file = folder.resolve("debug.log");
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream out = System.out;
    PrintStream err = System.err;
    try (PrintStream heard = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
      System.setOut(heard);
      System.setErr(heard);
      for (SupervisorClient each : List.of(logging(file), open())) {
        try (SupervisorClient client = each) {
          Outcome outcome = client.session().execute("print('print' + 'ed')");
          assertThat(outcome.stdoutText()).isEqualTo("printed\n");
        }
      }
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .doesNotContain("printed", "cell 1", "cell.start", "client.opened");
    DebugLines log = DebugLines.of(file);
    assertThat(log.text()).doesNotContain("printed");
    assertThat(log.events())
        .startsWith("client.opened", "runner.start", "runner.started")
        .containsSubsequence(
            "request.sent", "session.opened", "cell.start", "cell.end", "runner.ended")
        .endsWith("client.closed")
        .isSubsetOf(Arrays.stream(LogEvent.values()).map(LogEvent::word).toList());
    assertThat(log.all())
        .allMatch(line -> DebugLines.names(line).subList(0, 2).equals(List.of("time", "event")));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  @Rule({"C129", "C131", "C132"})
  default void of_a_failed_cell_the_log_has_its_output_and_no_secret_and_of_code_no_word(
      @TempDir Path folder) throws Exception {
    Path file = folder.resolve("debug.log");
    String code =
        """
        await look({'q': 'rain', 'n': 7, 'deep': [{'Api-Key': 'k-one', 'passwd': ['k-two']}],
                    'note': 'use sk-abc123def456', 'url': 'https://me:k-three@host/x'})
        import os
        print('it went wrong:', 'AKIAIOSFODNN7EXAMPLE', os.environ['DB_PASSWORD'])
        try:
            await look('away', 'k-five')
        except Exception:
            pass
        raise ValueError('Bearer abcdef.123456')
        """;
    try (SupervisorClient client = logging(file, look())) {
      Outcome outcome = client.session().execute(code);
      assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.RAISED);
      client.session().execute("print('all is well')");
    }
    DebugLines log = DebugLines.of(file);
    assertThat(log.text())
        .contains("rain", "[REDACTED]")
        .doesNotContain(
            "k-one",
            "k-two",
            "k-three",
            "k-four",
            "k-five",
            "tr0ub4dor",
            "abc123",
            "IOSFODNN",
            "123456")
        .doesNotContain("await", "raise ValueError", "except Exception", "all is well");
    JsonNode partial = log.of("cell.partial_output").get(0);
    assertThat(log.of("cell.partial_output")).hasSize(1);
    assertThat(partial.get("stdout").asString())
        .isEqualTo("it went wrong: [REDACTED] [REDACTED]\n");
    JsonNode started = log.of("cell.start").get(0);
    byte[] bytes = code.getBytes(StandardCharsets.UTF_8);
    assertThat(started.get("code_bytes").asInt()).isEqualTo(bytes.length);
    assertThat(started.get("code_sha256").asString())
        .isEqualTo(
            HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes), 0, 8));
    assertThat(log.of("tool.end"))
        .extracting(line -> line.get("ok").asBoolean())
        .containsExactly(true, false);
    assertThat(log.of("tool.end").get(1).get("failure").asString()).contains("the server said");
  }

  @Test
  @Rule({"C128", "C133"})
  @Needs({Capability.CHECKPOINTS, Capability.FILES, Capability.INTERRUPT, Capability.STREAMING})
  default void what_is_done_with_a_session_is_in_the_log(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("debug.log");
    try (SupervisorClient client = logging(file)) {
      Session session = client.session();
      session.files().list("");
      session.checkpoint("a");
      session.rollback("a");
      Begun begun = new Begun();
      CellRun run =
          session.start(
              Cell.of("print('on', flush=True)\nimport time\ntime.sleep(60)").listener(begun));
      begun.await();
      assertThat(run.interrupt()).isTrue();
      assertThat(run.await().kind()).isEqualTo(OutcomeKind.INTERRUPTED);
      session.execute(Cell.of("while True: pass").timeout(Duration.ofMillis(100)));
      session.reset();
      session.execute("await nothing()");
    }
    DebugLines log = DebugLines.of(file);
    assertThat(log.events())
        .containsSubsequence(
            "files.start",
            "files.end",
            "session.checkpoint",
            "session.rollback",
            "cell.start",
            "cell.interrupt",
            "cell.end",
            "cell.start",
            "cell.end",
            "session.reset",
            "cell.end");
    assertThat(log.events()).contains("session.generation");
    assertThat(log.of("cell.end"))
        .extracting(line -> line.get("outcome").asString())
        .containsExactly("interrupted", "timed_out", "raised");
  }

  @Test
  @Rule("C128")
  default void the_death_of_a_runner_and_its_successor_are_in_the_log(@TempDir Path folder)
      throws Exception {
    Path file = folder.resolve("debug.log");
    String dead;
    String next;
    try (SupervisorClient client = logging(file)) {
      dead = client.runner().runnerId();
      CellRun running = client.session().start(Cell.of("import time; time.sleep(60)"));
      Processes.kill(client.runner().pid());
      assertThat(running.outcome().orTimeout(10, TimeUnit.SECONDS).join().ok()).isFalse();
      assertThat(client.session().execute("1").kind()).isEqualTo(OutcomeKind.COMPLETED);
      next = client.runner().runnerId();
    }
    DebugLines log = DebugLines.of(file);
    assertThat(log.events())
        .containsSubsequence("runner.lost", "runner.start", "runner.started", "runner.replaced");
    assertThat(log.of("runner.ended"))
        .extracting(line -> line.get("runner").asString())
        .contains(dead, next);
    JsonNode replaced = log.of("runner.replaced").get(0);
    assertThat(replaced.get("dead").asString()).isEqualTo(dead);
    assertThat(replaced.get("runner").asString()).isEqualTo(next);
  }

  @Test
  @Rule("C134")
  @HostSide
  default void a_log_that_cannot_be_kept_changes_nothing(@TempDir Path folder) throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    for (Path impossible :
        List.of(folder, pipe, folder.resolve("none/log"), Path.of("/dev/full"))) {
      try (SupervisorClient client = logging(impossible, DemoTools.adder())) {
        Outcome outcome = client.session().execute("print((await add(1, 2))['total'])");
        assertThat(outcome.stdoutText()).as(impossible.toString()).isEqualTo("3\n");
      }
    }
    assertThat(folder.resolve("none")).doesNotExist();
  }
}
