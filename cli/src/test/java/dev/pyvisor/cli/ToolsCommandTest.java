package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.cli.Command.Result;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Tools as a model is told of them. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 90, why = "a command is a JVM and a Python of its own, and one may have 60 s")
class ToolsCommandTest {
  @Test
  void stubs_are_functions_that_python_can_read() throws Exception {
    Result result = Command.run("tools", "--stubs", "--demo-tools");
    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("async def add(a: float, b: float):\n    \"\"\"Adds two numbers.\"\"\"\n")
        .contains("async def seal(file: str):");
    Result read = Command.run(Command.ROOT, result.out() + "\nprint(add.__doc__)", "exec", "-");
    assertThat(read.out()).isEqualTo("Adds two numbers.\n");
  }

  @Test
  void json_has_the_schemas() throws Exception {
    Result result = Command.run("tools", "--json", "--demo-tools");
    JsonNode list = JsonMapper.shared().readTree(result.out());
    assertThat(list.size()).isEqualTo(6);
    JsonNode add =
        list.valueStream()
            .filter(t -> t.path("name").asString().equals("add"))
            .findFirst()
            .orElseThrow();
    assertThat(add.at("/inputSchema/required").toString()).isEqualTo("[\"a\",\"b\"]");
  }

  @Test
  void without_tools_and_with_two_forms_it_says_what_to_give() throws Exception {
    Result none = Command.run("tools");
    assertThat(none.status()).isEqualTo(Failures.USAGE);
    assertThat(none.err()).contains("no tools: give --demo-tools, or --mcp COMMAND");
    Result both = Command.run("tools", "--stubs", "--json");
    assertThat(both.err()).contains("--stubs and --json are two forms; give one");
  }
}
