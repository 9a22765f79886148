package dev.pyvisor.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.mcp.client.McpProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** docs/mcp.md says what is so. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@ExtendWith({Census.class, HangReport.class})
@Limit(
    seconds = 120,
    why = "a server is a JVM and a Python of its own, and a client may be a third program")
class McpPageTest {
  private static final Path ROOT = Path.of(System.getProperty("pyvisor.root"));

  // snippet: mcp-tools
  static Object ask(String[] command, String code) {
    try (McpProcess server = McpProcess.start(command);
        SupervisorClient client =
            SupervisorClient.builder().trusted().tools(server.tools()).open()) {
      return client.session().execute(Cell.of(code).withValue()).value().orElseThrow().asJava();
    }
  }

  // end of snippet

  @Test
  void the_code_that_calls_a_server_s_tools_runs() {
    String server = ROOT.resolve("integrations/mcp/src/test/servers/odd_server.py").toString();
    assertThat(ask(new String[] {"python3", "-I", "-u", server}, "await say_it('tea')"))
        .isEqualTo("it: tea");
  }

  @Test
  void the_table_of_tools_names_those_that_there_are() throws Exception {
    Matcher row = Pattern.compile("(?m)^\\| `(\\w+)` \\|").matcher(after("tools"));
    List<String> named = new ArrayList<>();
    while (row.find()) {
      named.add(row.group(1));
    }
    try (RawClient client = RawClient.initialized()) {
      client.say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}");
      List<?> tools = (List<?>) RawClient.at(client.answer(1), "result", "tools");
      assertThat(tools)
          .extracting(tool -> (Object) String.valueOf(((Map<?, ?>) tool).get("name")))
          .containsExactlyInAnyOrderElementsOf(named);
    }
  }

  @Test
  void the_program_of_the_python_client_prints_what_it_says(@TempDir Path folder) throws Exception {
    Path program = folder.resolve("program.py");
    Files.writeString(program, block("python"));
    String python = Clients.python().get(0);
    List<String> command = new ArrayList<>(List.of(python, "-I", program.toString()));
    command.addAll(TestServer.command());
    Clients.Result result = Clients.run(command);
    assertThat(result.out()).as(result.err()).startsWith("[value] 42\n");
  }

  private static String block(String name) throws IOException {
    Matcher block = Pattern.compile("```\\w+\\n(.*?)```", Pattern.DOTALL).matcher(after(name));
    assertThat(block.find()).isTrue();
    return block.group(1);
  }

  private static String after(String name) throws IOException {
    String page = Files.readString(ROOT.resolve("docs/mcp.md"), StandardCharsets.UTF_8);
    String mark = "<!-- checked: " + name + " -->";
    assertThat(page).contains(mark);
    return page.substring(page.indexOf(mark) + mark.length());
  }
}
