package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.cli.Command.Result;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Deadlines, checkpoints and rollbacks as {@code pyvisor exec} offers and tells them. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 90, why = "a command is a JVM and a Python of its own, and one may have 60 s")
class ExecStateTest {
  private static final String STUBBORN =
      "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)";

  @TempDir Path scratch;

  @Test
  void a_cell_past_its_deadline_is_interrupted_and_the_state_is_live() throws Exception {
    Result result =
        Command.run(
            "exec",
            "--json",
            "--timeout=300ms",
            "-c",
            "kept = 41",
            "-c",
            "while True: pass",
            "-c",
            "print(kept)");

    List<JsonNode> lines = lines(result);
    assertThat(lines).as(result.err()).hasSize(3);
    assertThat(lines.get(1).get("outcome").asString()).isEqualTo("timed_out");
    assertThat(lines.get(1).get("cause").asString()).contains("0.3 s");
    assertThat(lines.get(1).get("state").get("preserved").asBoolean()).isTrue();
    assertThat(lines.get(1).get("state").get("source").asString()).isEqualTo("live");
    assertThat(lines.get(2).get("stdout").asString()).isEqualTo("41\n");
    assertThat(result.status()).isEqualTo(1);
  }

  @Test
  void a_cell_that_heeds_nothing_is_killed_and_the_checkpoint_takes_over() throws Exception {
    Result result =
        Command.run(
            "exec",
            "--json",
            "--demo-tools",
            "--timeout=300ms",
            "--interrupt-grace=200ms",
            "-c",
            "def kept(): return 41",
            "-c",
            "print('partial'); await tally('called'); " + STUBBORN,
            "-c",
            "print(kept(), await tally('called'))");

    List<JsonNode> lines = lines(result);
    assertThat(lines).as(result.err()).hasSize(3);
    JsonNode killed = lines.get(1);
    assertThat(killed.get("outcome").asString()).isEqualTo("timed_out");
    assertThat(killed.get("stdout").asString()).isEqualTo("partial\n");
    JsonNode state = killed.get("state");
    assertThat(state.get("preserved").asBoolean()).as(state.toString()).isTrue();
    assertThat(state.get("source").asString()).isEqualTo("checkpoint");
    assertThat(state.get("restored").toString()).contains("\"kept\"");
    assertThat(state.get("reason").asString()).isNotBlank();
    assertThat(state.get("notRolledBack").toString()).contains("host tool call");
    assertThat(lines.get(2).get("stdout").asString()).isEqualTo("41 2\n");
    assertThat(lines.get(2).get("generation").asInt()).isEqualTo(2);
  }

  @Test
  void without_checkpoints_it_is_told_what_is_lost_and_why() throws Exception {
    Result result =
        Command.run(
            "exec",
            "--checkpoint=never",
            "--timeout=300ms",
            "--interrupt-grace=100ms",
            "-c",
            "def gone(): pass",
            "-c",
            STUBBORN,
            "-c",
            "print('gone' in globals())");

    assertThat(result.out()).isEqualTo("False\n");
    assertThat(result.err().lines().filter(line -> line.startsWith("pyvisor: ")))
        .as(result.err())
        .singleElement()
        .asString()
        .contains("cell 2 timed out", "0.3 s", "lost", "gone", "never");
    assertThat(result.status()).isEqualTo(1);
  }

  @Test
  void a_crash_is_told_in_one_line_with_what_is_left() throws Exception {
    Result result =
        Command.run("exec", "-c", "kept = 41", "-c", "import os; os._exit(7)", "-c", "print(kept)");

    assertThat(result.out()).isEqualTo("41\n");
    assertThat(result.err().lines())
        .as(result.err())
        .singleElement()
        .asString()
        .contains("pyvisor: cell 2 crashed", "7", "checkpoint");
  }

  @Test
  void a_host_tool_past_its_deadline_is_an_error_that_the_cell_can_catch() throws Exception {
    Result result =
        Command.run(
            "exec",
            "--demo-tools",
            "--tool-timeout=300ms",
            "-c",
            """
            try:
                await sleep(60)
            except ToolError as error:
                print(error.code)
            """);

    assertThat(result.out()).as(result.err()).isEqualTo("deadline_exceeded\n");
    assertThat(result.status()).isZero();
  }

  @Test
  void a_limit_of_none_is_taken() throws Exception {
    Result result =
        Command.run(
            "exec",
            "--demo-tools",
            "--timeout=none",
            "--tool-timeout=none",
            "-c",
            "print(await add(1, 2))");

    assertThat(result.out()).as(result.err()).isEqualTo("3\n");
  }

  @Test
  void a_rollback_brings_everything_back_and_says_so() throws Exception {
    Result result =
        script(
            """
            data = [1, 2, 3]
            def total(): return sum(data)
            # %% checkpoint loaded
            # %% a title
            data.clear(); del total
            # %% rollback loaded
            print(total())
            # %% rollback loaded
            # %%
            print(total())
            """);

    assertThat(result.out()).as(result.err()).isEqualTo("6\n6\n");
    assertThat(result.err().lines())
        .as(result.err())
        .hasSize(3)
        .satisfies(lines -> assertThat(lines.get(0)).startsWith("pyvisor: checkpoint loaded: "))
        .satisfies(lines -> assertThat(lines.get(1)).startsWith("pyvisor: rollback loaded: "));
    assertThat(result.status()).isZero();
  }

  @Test
  void a_rollback_to_an_unknown_name_names_those_that_exist() throws Exception {
    String script =
        "x = 1\n# %% checkpoint first\n# %% checkpoint second\n# %% rollback none\nprint(x)\n";
    Result result = script(script);
    Result stopped = script(script, "--stop-on-error");

    assertThat(result.err()).contains("pyvisor: rollback none: ", "first", "second");
    assertThat(result.out()).isEqualTo("1\n");
    assertThat(result.status()).isEqualTo(1);
    assertThat(stopped.out()).isEmpty();
    assertThat(stopped.status()).isEqualTo(1);
  }

  @Test
  void with_json_a_directive_has_no_line_and_is_told_only_when_it_fails() throws Exception {
    Result result =
        script("x = 1\n# %% checkpoint a\nx = 2\n# %% rollback a\nprint(x)\n", "--json");
    Result failed = script("x = 1\n# %% rollback a\nprint(x)\n", "--json");

    assertThat(lines(result)).hasSize(3);
    assertThat(lines(result).get(2).get("stdout").asString()).isEqualTo("1\n");
    assertThat(lines(result).get(2).get("generation").asInt()).isEqualTo(2);
    assertThat(result.err()).isEmpty();
    assertThat(result.status()).isZero();
    assertThat(lines(failed)).hasSize(2);
    assertThat(failed.err()).contains("pyvisor: rollback a: ");
    assertThat(failed.status()).isEqualTo(1);
  }

  @Test
  void three_tries_from_one_loaded_data_set_print_what_is_expected() throws Exception {
    Result result = Command.run("exec", "--timeout=2s", "examples/best-of-n/tries.py");

    assertThat(result.out())
        .as(result.err())
        .isEqualTo(Files.readString(Command.ROOT.resolve("examples/best-of-n/tries.expected.txt")));
    assertThat(result.err()).contains("cell 5 timed out");
    assertThat(result.status()).isEqualTo(1);
  }

  private Result script(String text, String... options) throws Exception {
    Path file = Files.writeString(scratch.resolve("cells.py"), text);
    String[] arguments = new String[options.length + 2];
    arguments[0] = "exec";
    System.arraycopy(options, 0, arguments, 1, options.length);
    arguments[options.length + 1] = file.toString();
    return Command.run(arguments);
  }

  private static List<JsonNode> lines(Result result) {
    return result.out().lines().map(JsonMapper.shared()::readTree).toList();
  }
}
