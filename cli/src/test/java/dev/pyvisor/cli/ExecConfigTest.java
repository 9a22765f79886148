package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.cli.Command.Result;
import dev.pyvisor.contract.backend.Sandboxes;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.transport.TransportProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Configuration as the command line reads it: a document, variables, assignments, options. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 90, why = "a command is a JVM and a Python of its own, and one may have 60 s")
class ExecConfigTest {
  /** Ends by its deadline, and the outcome names that. */
  private static final String ENDLESS = "while True: pass";

  @TempDir Path scratch;

  static Stream<String> backends() {
    return ServiceLoader.load(TransportProvider.class).stream()
        .map(provider -> provider.get().name());
  }

  @ParameterizedTest
  @MethodSource("backends")
  void the_example_prints_the_same_on_every_backend_when_one_line_is_changed(String backend)
      throws Exception {
    Path example = Command.ROOT.resolve("examples/backends/agent.yaml");
    List<String> before = Files.readAllLines(example);
    List<String> after =
        before.stream()
            .map(line -> line.replaceFirst("^backend: .*", "backend: " + backend))
            .toList();
    assertThat(before).filteredOn(line -> !after.contains(line)).hasSizeLessThanOrEqualTo(1);
    assertThat(after).containsOnlyOnce("backend: " + backend);
    Path changed = Files.write(scratch.resolve("agent.yaml"), after);

    // Where a workspace is all that is seen, it may not hold the directory for temporary files.
    Path data = Files.createDirectories(scratch.resolve("examples/data"));
    Files.copy(Command.ROOT.resolve("examples/data/penguins.csv"), data.resolve("penguins.csv"));
    String cells = Command.ROOT.resolve("examples/penguins.md").toString();

    Result result =
        Command.run(scratch, "", "exec", "--config", changed.toString(), "--demo-tools", cells);

    // A backend that isolates begins nothing where nothing can.
    assumeTrue(
        Sandboxes.areRequired() || !result.err().contains("this machine has none that does"),
        result::err);
    assertThat(result.out())
        .isEqualTo(Files.readString(Command.ROOT.resolve("examples/penguins.expected.txt")));
    assertThat(result.status()).isZero();
  }

  @Test
  void each_layer_wins_over_the_one_below_it() throws Exception {
    Path document = Files.writeString(scratch.resolve("agent.yaml"), "cell-timeout: 101ms\n");
    String config = "--config=" + document;
    Map<String, String> variable = Map.of("PYVISOR_CELL_TIMEOUT", "102ms");

    assertThat(limitOf(Map.of(), config)).isEqualTo("0.101 s");
    assertThat(limitOf(variable, config)).isEqualTo("0.102 s");
    assertThat(limitOf(variable, config, "--set=cell-timeout=103ms")).isEqualTo("0.103 s");
    assertThat(limitOf(variable, config, "--set=cell-timeout=103ms", "--timeout=104ms"))
        .isEqualTo("0.104 s");
  }

  private String limitOf(Map<String, String> variables, String... options) throws Exception {
    String[] arguments =
        Stream.of(Stream.of("exec", "--json"), Stream.of(options), Stream.of("-c", ENDLESS))
            .flatMap(part -> part)
            .toArray(String[]::new);
    Result result = Command.run(variables, arguments);
    assertThat(result.status()).as(result.err()).isEqualTo(1);
    return result.out().replaceFirst("(?s).*?\\b([0-9.]+ s)\\b.*", "$1");
  }

  @Test
  void what_a_document_sets_reaches_the_cells() throws Exception {
    Path work = Files.createDirectory(scratch.resolve("work"));
    Path document =
        Files.writeString(
            scratch.resolve("agent.json"),
            "{\"environment\": {\"COLOUR\": \"green\"}, \"workspace\": \"" + work + "\"}");

    Result result =
        Command.run(
            "exec",
            "--config=" + document,
            "--set=environment.SIZE=small",
            "-c",
            "import os; print(os.environ['COLOUR'], os.environ['SIZE'], os.getcwd())");

    assertThat(result.out()).isEqualTo("green small " + work.toRealPath() + "\n");
    assertThat(result.err()).isEmpty();
  }

  @Test
  void a_word_of_trust_that_is_taken_back_is_taken_back() throws Exception {
    Result result = Command.run("exec", "--set=trusted=false", "-c", "print(1)");

    assertThat(result.out()).isEqualTo("1\n");
    assertThat(result.err()).containsIgnoringCase("trust");
  }

  @Test
  void errors_of_all_layers_are_told_at_once_and_exit_with_2() throws Exception {
    Path document =
        Files.writeString(scratch.resolve("agent.yaml"), "restart: true\ncel-timeout: 2s\n");

    Result result =
        Command.run(
            Map.of("PYVISOR_TOOL_THREADS", "many"),
            "exec",
            "--config=" + document,
            "--set=cell-timeout=5 parsecs",
            "--set=environment.API_KEY:s3cret",
            "-c",
            "print(1)");

    assertThat(result.status()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .contains(document + " line 2: unknown key 'cel-timeout'; did you mean 'cell-timeout'?")
        .contains("environment variable PYVISOR_TOOL_THREADS: tool-threads: 'many' is no whole")
        .contains("--set: cell-timeout: '5 parsecs' is no duration; write 500ms, 2s, 1.5s or 5m")
        .contains("write environment.API_KEY=VALUE")
        .doesNotContain("s3cret")
        .doesNotContain("\tat ");
  }

  @Test
  void a_backend_that_is_not_there_is_refused_by_those_that_are() throws Exception {
    Result result = Command.run("exec", "--set=backend=carrier-pigeon", "-c", "print(1)");

    assertThat(result.status()).isEqualTo(2);
    assertThat(result.err())
        .contains("backend: 'carrier-pigeon' is no backend on the class path; those there: ")
        .contains("pipe");
  }

  @Test
  void a_document_that_is_not_there_is_told() throws Exception {
    Result result = Command.run("exec", "--config=none.yaml", "-c", "print(1)");

    assertThat(result.status()).isEqualTo(2);
    assertThat(result.err()).contains("none.yaml: there is no such file").doesNotContain("\tat ");
  }

  @Test
  void the_doctor_says_what_holds_and_where_it_was_written() throws Exception {
    Path document =
        Files.writeString(
            scratch.resolve("agent.yaml"), "cell-timeout: 2s\nenvironment: {API_KEY: s3cret}\n");

    Result result =
        Command.run(
            Map.of("PYVISOR_TOOL_THREADS", "3"),
            "doctor",
            "--config=" + document,
            "--set=restart=false");

    assertThat(result.status()).as(result.err()).isZero();
    List<String> lines =
        result.out().lines().map(line -> line.strip().replaceAll(" +", " ")).toList();
    assertThat(lines)
        .contains(
            "configuration",
            "cell-timeout 2s (" + document + " line 1)",
            "environment.API_KEY (not shown) (" + document + " line 2)",
            "tool-threads 3 (environment variable PYVISOR_TOOL_THREADS)",
            "restart false (--set)",
            "call-timeout 30s (default)");
    assertThat(result.out()).doesNotContain("s3cret");
  }

  @Test
  void the_doctor_tells_a_wrong_document_before_anything_else() throws Exception {
    Result result = Command.run("doctor", "--set=restart=perhaps");

    assertThat(result.status()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains("restart: 'perhaps' is neither true nor false");
  }
}
