package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.cli.Command.Result;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.load.Latencies;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 90, why = "a command is a JVM and a Python of its own, and one may have 60 s")
class ExecCommandTest {
  @TempDir Path scratch;

  @Test
  void the_example_prints_exactly_what_is_expected() throws Exception {
    Result result = Command.run("exec", "--demo-tools", "examples/penguins.md");

    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .isEqualTo(Files.readString(Command.ROOT.resolve("examples/penguins.expected.txt")));
    assertThat(result.status()).isZero();
  }

  @Test
  void state_is_kept_from_cell_to_cell_and_values_are_shown_on_request() throws Exception {
    Result result = Command.run("exec", "--value", "-c", "x = 40", "-c", "x += 2", "-c", "x");

    assertThat(result.out()).isEqualTo("42\n");
    assertThat(result.status()).isZero();
  }

  @Test
  void cells_come_from_standard_input_too() throws Exception {
    Result result = Command.run(scratch, "a = 'é'\n# %%\nprint(a)\n", "exec", "-");

    assertThat(result.out()).isEqualTo("é\n");
    assertThat(result.status()).isZero();
  }

  @Test
  void an_answer_ends_its_cell_and_is_told() throws Exception {
    Result json =
        Command.run("exec", "--json", "-c", "SUBMIT(a=[1, 'é'])\nprint(2)", "-c", "print(3)");
    List<JsonNode> lines = json.out().lines().map(JsonMapper.shared()::readTree).toList();
    assertThat(json.status()).as(json.err()).isZero();
    assertThat(lines.get(0).get("outcome").asString()).isEqualTo("submitted");
    assertThat(lines.get(0).get("submitted").toString()).isEqualTo("{\"a\":[1,\"é\"]}");
    assertThat(lines.get(1).get("stdout").asString()).isEqualTo("3\n");

    Result console = Command.run("exec", "-c", "SUBMIT(a=1)");
    assertThat(console.status()).isZero();
    assertThat(console.out()).isEmpty();
    assertThat(console.err()).contains("pyvisor: cell 1 submitted {\"a\":1}");
  }

  @Test
  void what_is_displayed_is_its_text_on_a_console_and_all_forms_in_json() throws Exception {
    String code =
        "class T:\n  def __repr__(self): return 'a table'\n  def _repr_html_(self): return '<b>'\n"
            + "display(T(), b'\\x89PNG\\r\\n\\x1a\\n')";
    Result console = Command.run("exec", "-c", code);
    assertThat(console.out()).startsWith("a table\n").hasLineCount(2);

    Result json = Command.run("exec", "--json", "-c", code, "-c", "1");
    List<JsonNode> lines = json.out().lines().map(JsonMapper.shared()::readTree).toList();
    assertThat(lines.get(0).get("displays").get(0).toString())
        .isEqualTo("{\"text/plain\":\"a table\",\"text/html\":\"<b>\"}");
    assertThat(lines.get(0).get("displays").get(1).get("image/png").asString())
        .isEqualTo("iVBORw0KGgo=");
    assertThat(lines.get(1).has("displays")).isFalse();
  }

  @Test
  void json_is_one_line_per_cell_and_nothing_else() throws Exception {
    Result result =
        Command.run(
            "exec",
            "--json",
            "--value",
            "--demo-tools",
            "-c",
            "print('hi'); import sys; print('err', file=sys.stderr)",
            "-c",
            "await add(1, 2)",
            "-c",
            "1/0",
            "-c",
            "import os; os._exit(7)",
            "-c",
            "'still here'");

    List<JsonNode> lines = result.out().lines().map(JsonMapper.shared()::readTree).toList();
    assertThat(lines).hasSize(5);
    assertThat(result.err()).isEmpty();
    assertThat(result.status()).isEqualTo(1);
    assertThat(lines.get(0).get("cell").asInt()).isEqualTo(1);
    assertThat(lines.get(0).get("outcome").asString()).isEqualTo("completed");
    assertThat(lines.get(0).get("stdout").asString()).isEqualTo("hi\n");
    assertThat(lines.get(0).get("stderr").asString()).isEqualTo("err\n");
    assertThat(lines.get(0).get("value").isNull()).isTrue();
    assertThat(lines.get(0).get("error").isNull()).isTrue();
    assertThat(lines.get(0).get("submitted").isNull()).isTrue();
    assertThat(lines.get(0).get("state").get("preserved").asBoolean()).isTrue();
    assertThat(lines.get(0).get("state").get("source").asString()).isEqualTo("live");
    assertThat(lines.get(0).get("elapsedMs").asDouble()).isPositive();
    assertThat(lines.get(1).get("value").asInt()).isEqualTo(3);
    assertThat(lines.get(1).get("toolCalls").asInt()).isEqualTo(1);
    assertThat(lines.get(2).get("outcome").asString()).isEqualTo("raised");
    assertThat(lines.get(2).get("error").get("type").asString()).isEqualTo("ZeroDivisionError");
    assertThat(lines.get(2).get("error").get("traceback").asString()).contains("1/0");
    assertThat(lines.get(3).get("outcome").asString()).isEqualTo("crashed");
    assertThat(lines.get(3).get("state").get("preserved").asBoolean()).isTrue();
    assertThat(lines.get(3).get("state").get("source").asString()).isEqualTo("checkpoint");
    assertThat(lines.get(3).get("cause").asString()).contains("7");
    assertThat(lines.get(4).get("generation").asInt()).isEqualTo(2);
    assertThat(lines.get(4).get("value").asString()).isEqualTo("still here");
  }

  @Test
  void cells_after_a_failed_one_run_unless_told_otherwise() throws Exception {
    Result on = Command.run("exec", "-c", "1/0", "-c", "print('next')");
    Result stopped = Command.run("exec", "--stop-on-error", "-c", "1/0", "-c", "print('next')");

    assertThat(on.out()).isEqualTo("next\n");
    assertThat(on.err()).contains("ZeroDivisionError").contains("<cell 1>");
    assertThat(on.status()).isEqualTo(1);
    assertThat(stopped.out()).isEmpty();
    assertThat(stopped.status()).isEqualTo(1);
  }

  /** The cell waits after each line until it was seen: so it still runs. */
  @Test
  void output_is_seen_while_the_cell_goes_on() throws Exception {
    Counts counts = Counts.of(20, 200, 1000);
    Latencies latencies = new Latencies();
    Process process =
        Command.start(
            scratch,
            "exec",
            "-c",
            """
            import os, time
            os.mkfifo('gate')
            for _ in range(%d):
                print(time.monotonic_ns(), flush=False)
                open('gate', 'rb', 0).read(1)
            print('all seen')
            """
                .formatted(counts.now()));
    try (InputStream out = process.getInputStream()) {
      latencies.add(soon(() -> sincePrinted(out)));
      // Opened both ways, a pipe waits for nobody.
      try (RandomAccessFile gate = new RandomAccessFile(scratch.resolve("gate").toFile(), "rw")) {
        for (int seen = 1; seen < counts.now(); seen++) {
          gate.write('g');
          latencies.add(soon(() -> sincePrinted(out)));
        }
        gate.write('g');
        assertThat(soon(() -> line(out))).isEqualTo("all seen");
      }
      assertThat(Command.await(process)).isZero();
    } finally {
      process.toHandle().destroyForcibly();
    }
    Evidence.record(
        "a print at the command line's standard output, while the cell goes on",
        List.of("C20"),
        latencies.summary(),
        counts);
    // What is promised of the first byte; a machine that is loaded may delay some, not the half.
    assertThat(latencies.quantile(0.5)).isLessThan(Duration.ofMillis(100));
  }

  /** Both clocks are CLOCK_MONOTONIC of this machine. */
  private static Duration sincePrinted(InputStream out) throws IOException {
    long printed = Long.parseLong(line(out));
    return Duration.ofNanos(System.nanoTime() - printed);
  }

  /** A read from a pipe cannot be interrupted, so it is waited for from beside. */
  private static <T> T soon(Callable<T> read) throws Exception {
    FutureTask<T> task = new FutureTask<>(read);
    Thread reader = new Thread(task, "soon");
    reader.setDaemon(true);
    reader.start();
    // Bounds a start of the command on a loaded machine.
    return task.get(60, TimeUnit.SECONDS);
  }

  @Test
  void output_that_nobody_takes_ends_the_cell_and_those_behind_it() throws Exception {
    Process process =
        Command.start(
            scratch,
            "exec",
            "-c",
            "while True: print('on and on')",
            "-c",
            "open('ran', 'w').close()");
    try (InputStream out = process.getInputStream()) {
      assertThat(soon(() -> line(out))).isEqualTo("on and on");
    } catch (TimeoutException silent) {
      process.toHandle().destroyForcibly();
      throw silent;
    }

    assertThat(Command.await(process)).isEqualTo(1);
    assertThat(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains("standard output takes nothing more");
    assertThat(scratch.resolve("ran")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--json"})
  void output_that_is_lost_is_no_success(String form) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("exec", "-c", "print('lost')"));
    arguments.addAll(form.isEmpty() ? List.of() : List.of(form));
    Process process =
        new ProcessBuilder(Command.line(List.of(), arguments))
            .redirectOutput(new File("/dev/full"))
            .start();

    assertThat(Command.await(process)).isEqualTo(1);
    assertThat(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains("standard output takes nothing more");
  }

  @Test
  void bad_usage_names_the_value_and_exits_with_2() throws Exception {
    assertUsage(Command.run("exec", "--backend", "nonesuch", "-c", "1"), "'nonesuch' is unknown");
    assertUsage(
        "--launcher 'chroot' is unknown; usable: process, bubblewrap, podman, docker, command",
        "exec",
        "--launcher",
        "chroot",
        "-c",
        "1");
    assertUsage("no code", "exec");
    assertUsage("none.py: no such file", "exec", "none.py");
    assertUsage("not a directory", "exec", "--workspace", "/none/such", "-c", "1");
    assertUsage("--env '=x' has no name", "exec", "--env", "=x", "-c", "1");
    assertUsage("Unknown option", "exec", "--frobnicate");
    assertUsage("'5' is no duration", "exec", "--timeout", "5", "-c", "1");
    assertUsage("'512' is no size", "exec", "--memory", "512", "-c", "1");
    assertUsage("'1MiB' is too small", "exec", "--memory", "1MiB", "-c", "1");
    assertUsage("'none' is no duration", "exec", "--interrupt-grace", "none", "-c", "1");
    assertUsage("'0s' leaves no time", "exec", "--tool-timeout", "0s", "-c", "1");
    assertUsage(
        "'sometimes' is unknown; usable: auto, always, never",
        "exec",
        "--checkpoint",
        "sometimes",
        "-c",
        "1");
  }

  @Test
  void a_file_that_cannot_be_read_is_named_and_exits_with_2() throws Exception {
    Path folder = Files.createDirectory(scratch.resolve("folder.py"));
    Path latin = Files.write(scratch.resolve("latin.py"), new byte[] {'x', (byte) 0xe9, '\n'});
    Path circle = scratch.resolve("circle.py");
    Files.createSymbolicLink(circle, circle);
    // Opened, it gives an error to whoever reads its first page.
    Path unread = Path.of("/proc/self/mem");

    for (List<String> option : List.of(List.<String>of(), List.of("-c", "print(1)", "--answer"))) {
      assertUnread(option, folder, "is a directory");
      assertUnread(option, latin, "is not UTF-8 text");
      assertUnread(option, circle, "Too many levels of symbolic links");
      assertUnread(option, unread, "Input/output error");
    }
  }

  private static void assertUnread(List<String> option, Path file, String reason) {
    List<String> line = new ArrayList<>(List.of("exec"));
    line.addAll(option);
    line.add(file.toString());
    Result result = Command.refused(line.toArray(String[]::new));
    assertUsage(result, file.toString());
    assertThat(result.err()).containsIgnoringCase(reason).doesNotContain("Exception");
    assertThat(result.out()).isEmpty();
  }

  private static void assertUsage(String message, String... arguments) {
    assertUsage(Command.refused(arguments), message);
  }

  private static void assertUsage(Result result, String message) {
    assertThat(result.status()).as(result.err()).isEqualTo(2);
    assertThat(result.err()).contains(message).doesNotContain("\tat ");
  }

  @Test
  void a_runner_that_cannot_be_started_exits_with_3_and_the_fix() throws Exception {
    Result missing = Command.run("exec", "--python", "/none/such/python3", "-c", "1");

    assertThat(missing.status()).isEqualTo(3);
    assertThat(missing.err()).contains("/none/such/python3").doesNotContain("\tat ");
  }

  @Test
  void the_environment_is_short_and_can_be_added_to() throws Exception {
    Result result =
        Command.run(
            "exec",
            "--env",
            "COLOUR=green tea",
            "--env",
            "HOME",
            "-c",
            "import os; print(os.environ['COLOUR'], 'JAVA_HOME' in os.environ, os.getcwd())");

    assertThat(result.out()).isEqualTo("green tea False " + Command.ROOT.toRealPath() + "\n");
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new AssertionError("no line came, only: " + line);
      }
      line.append((char) b);
    }
    return line.toString();
  }
}
