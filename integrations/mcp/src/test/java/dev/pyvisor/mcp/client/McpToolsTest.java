package dev.pyvisor.mcp.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.CellRun;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.tool.ToolEvent;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.json.McpJsonDefaults;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A server's tools, called by code in a session. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@ExtendWith({Census.class, HangReport.class})
@Limit(
    seconds = 120,
    why = "a server is a JVM and a Python of its own, and a client may be a third program")
class McpToolsTest {
  private static final String SERVER =
      Path.of(System.getProperty("pyvisor.root"), "integrations/mcp/src/test/servers/odd_server.py")
          .toString();

  private static McpProcess server(String... more) {
    List<String> command = new ArrayList<>(List.of("python3", "-I", "-u", SERVER));
    command.addAll(List.of(more));
    return McpProcess.start(command, Map.of());
  }

  private static SupervisorClient client(McpProcess server) {
    return SupervisorClient.builder().trusted().tools(server.tools()).open();
  }

  private static Object value(SupervisorClient client, String code) {
    Outcome outcome = client.session().execute(Cell.of(code).withValue());
    assertThat(outcome.ok()).as(outcome.toString()).isTrue();
    return outcome.value().orElseThrow().asJava();
  }

  private static String error(SupervisorClient client, String code) {
    return client.session().execute(code).error().orElseThrow().text();
  }

  @Test
  void each_form_of_an_answer_becomes_the_nearest_value() {
    try (McpProcess server = server();
        SupervisorClient client = client(server)) {
      assertThat(value(client, "await say_it('hi')")).isEqualTo("it: hi");
      assertThat(value(client, "await structured()"))
          .isEqualTo(Map.of("sum", 3L, "words", List.of("ü")));
      assertThat(value(client, "await texts()")).isEqualTo("one\ntwo");
      assertThat(value(client, "(await image())[:4]")).isEqualTo(new byte[] {-119, 'P', 'N', 'G'});
      assertThat(value(client, "[type(one).__name__ for one in await mixed()]"))
          .isEqualTo(List.of("str", "bytes"));
      assertThat(value(client, "(await nothing()) is None")).isEqualTo(true);
      assertThat(value(client, "len(await large())")).isEqualTo(40L << 20);
    }
  }

  @Test
  void the_server_s_name_and_words_are_in_the_docstring() {
    try (McpProcess server = server();
        SupervisorClient client = client(server)) {
      assertThat(String.valueOf(value(client, "say_it.__doc__")))
          .contains("The tool say-it.", "(The host's say-it.)", "text");
    }
  }

  @Test
  void what_goes_wrong_is_told_in_words() {
    try (McpProcess server = server();
        SupervisorClient client = client(server)) {
      assertThat(error(client, "await fail()")).contains("ToolError", "no tea left");
      assertThat(error(client, "await refuse()")).contains("refuse(): the kettle is cold");
      assertThat(error(client, "await say_it(text='x' * 21)")).contains("say_it()", "text", "20");
      assertThat(error(client, "await say_it()")).contains("text");
    }
  }

  @Test
  void a_server_that_dies_fails_its_calls_at_once_with_what_it_said_last() {
    try (McpProcess server = server();
        SupervisorClient client = client(server)) {
      assertThat(error(client, "import asyncio\nawait asyncio.gather(hang(), die())"))
          .contains("the MCP server python3", "has ended with status 3", "out of beans");
      assertThat(error(client, "await texts()")).contains("has ended with status 3");
    }
  }

  @Test
  void a_call_that_is_given_up_is_taken_back_at_the_server() throws Exception {
    try (McpProcess server = server();
        SupervisorClient client = client(server)) {
      CountDownLatch called = new CountDownLatch(1);
      CellListener listener =
          new CellListener() {
            @Override
            public void onToolStarted(ToolEvent event) {
              called.countDown();
            }
          };
      CellRun run = client.session().start(Cell.of("await hang()").listener(listener));
      assertThat(called.await(30, TimeUnit.SECONDS)).isTrue();
      run.interrupt();
      run.await();
      // The call ends here at once; the server hears of it on the way to the next one.
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      Object taken = 0L;
      while (taken.equals(0L) && System.nanoTime() < end) {
        taken = value(client, "(await taken())['taken']");
      }
      assertThat(taken).isEqualTo(1L);
    }
  }

  @Test
  void a_tool_s_deadline_holds_for_the_server_s_too() {
    try (McpProcess server = server();
        SupervisorClient client =
            SupervisorClient.builder()
                .trusted()
                .tools(server.tools())
                .toolTimeout(Duration.ofMillis(300))
                .open()) {
      assertThat(error(client, "await hang()")).contains("ToolDeadlineExceeded");
      assertThat(value(client, "await texts()")).isEqualTo("one\ntwo");
    }
  }

  @Test
  void progress_reaches_the_cell_s_listener() {
    Queue<String> told = new ConcurrentLinkedQueue<>();
    try (McpProcess server = server();
        SupervisorClient client = client(server)) {
      CellListener listener =
          new CellListener() {
            @Override
            public void onToolProgress(ToolEvent event, String message) {
              told.add(message);
            }
          };
      client.session().execute(Cell.of("await step()").listener(listener));
      assertThat(told).containsExactly("step 1 (1.0 of 2.0)", "step 2 (2.0 of 2.0)");
    }
  }

  @Test
  void a_server_that_does_not_end_is_killed_with_what_it_has_started() throws Exception {
    for (String manner : List.of("polite", "stubborn")) {
      List<ProcessHandle> family = new ArrayList<>();
      try (McpProcess server = server(manner);
          SupervisorClient client = client(server)) {
        for (Object pid : (List<?>) value(client, "(await family())['pids']")) {
          family.add(ProcessHandle.of((Long) pid).orElseThrow());
        }
      }
      assertThat(family).hasSize(2);
      for (ProcessHandle process : family) {
        process.onExit().get(30, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void two_tools_that_would_have_one_name_are_refused() {
    try (McpProcess server = server("twins")) {
      assertThatThrownBy(server::tools)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'get-it' and 'get_it'")
          .hasMessageContaining("get_it()");
    }
  }

  @Test
  void a_prefix_stands_before_each_name() {
    try (McpProcess server = server()) {
      assertThat(server.tools("odd_")).anyMatch(tool -> tool.name().equals("odd_say_it"));
    }
  }

  @Test
  void a_server_without_standard_error_works() {
    try (McpProcess server = server("deaf");
        SupervisorClient client = client(server)) {
      assertThat(value(client, "await texts()")).isEqualTo("one\ntwo");
    }
  }

  @Test
  @Limit(seconds = 30, why = "two programs that are no servers, and no runner")
  void what_is_no_server_is_told_with_what_it_said() {
    assertThatThrownBy(
            () -> McpProcess.start("python3", "-c", "import sys; sys.exit('I make coffee')"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("did not begin as an MCP server")
        .hasMessageContaining("status 1")
        .hasMessageContaining("I make coffee");
    assertThatThrownBy(() -> McpProcess.start("/no/such/server"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the MCP server /no/such/server cannot be started");
  }

  @Test
  void a_client_of_the_sdk_s_own_will_do() {
    ServerParameters start =
        ServerParameters.builder("python3").args("-I", "-u", SERVER, "quiet").build();
    try (McpSyncClient plain =
        McpClient.sync(new StdioClientTransport(start, McpJsonDefaults.getMapper())).build()) {
      plain.initialize();
      try (SupervisorClient client =
          SupervisorClient.builder().trusted().tools(McpTools.of(plain)).open()) {
        assertThat(value(client, "await texts()")).isEqualTo("one\ntwo");
      }
    }
  }
}
