package dev.pyvisor.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.mcp.client.McpProcess;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.tool.ToolEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The official reference servers, their tools called by code. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@ExtendWith({Census.class, HangReport.class})
@Limit(
    seconds = 180,
    why = "a server is a JVM and a Python of its own, and a client may be a third program")
class RealServersTest {

  @Test
  void the_reference_server_everything_is_called() throws Exception {
    String packaged = "@modelcontextprotocol/server-everything";
    Queue<String> told = new ConcurrentLinkedQueue<>();
    CellListener listener =
        new CellListener() {
          @Override
          public void onToolProgress(ToolEvent event, String message) {
            told.add(message);
          }
        };
    try (McpProcess server = McpProcess.start(Clients.node(packaged), index(packaged));
        SupervisorClient client = client(server)) {
      Outcome outcome =
          client
              .session()
              .execute(
                  Cell.of(
                          """
                          import asyncio
                          sums = await asyncio.gather(*(get_sum(a=n, b=n) for n in range(30)))
                          weather = await get_structured_content(location="Chicago")
                          image = await get_tiny_image()
                          await trigger_long_running_operation(duration=0.2, steps=2)
                          try:
                              await get_sum(a="one", b=2)
                          except ToolError as error:
                              refused = str(error)
                          [await echo("tea"), sums[29], sorted(weather),
                           [type(part).__name__ for part in image], "get_sum" in refused]
                          """)
                      .withValue()
                      .listener(listener));
      assertThat(outcome.ok()).as(outcome.toString()).isTrue();
      List<?> value = (List<?>) outcome.value().orElseThrow().asJava();
      assertThat(value.get(0)).isEqualTo("Echo: tea");
      assertThat(value.get(1)).isEqualTo("The sum of 29 and 29 is 58.");
      assertThat(value.get(2)).isEqualTo(List.of("conditions", "humidity", "temperature"));
      assertThat(String.valueOf(value.get(3))).contains("str", "bytes");
      assertThat(value.get(4)).isEqualTo(true);
      assertThat(told).hasSize(2);
    }
  }

  @Test
  void the_reference_server_filesystem_is_called(@TempDir Path folder) throws Exception {
    String packaged = "@modelcontextprotocol/server-filesystem";
    Path real = folder.toRealPath();
    try (McpProcess server =
            McpProcess.start(Clients.node(packaged), index(packaged), real.toString());
        SupervisorClient client = client(server)) {
      String file = real.resolve("a.txt").toString();
      Outcome outcome =
          client
              .session()
              .execute(
                  Cell.of(
                          """
                          await write_file(path=%1$r, content="grüße")
                          try:
                              await read_text_file(path="/etc/passwd")
                              refused = None
                          except ToolError as error:
                              refused = str(error)
                          [(await read_text_file(path=%1$r)), refused]
                          """
                              .replace("%1$r", "'" + file + "'"))
                      .withValue());
      assertThat(outcome.ok()).as(outcome.toString()).isTrue();
      List<?> value = (List<?>) outcome.value().orElseThrow().asJava();
      assertThat(value.get(0)).isIn("grüße", Map.of("content", "grüße"));
      assertThat(String.valueOf(value.get(1))).contains("ccess denied");
      assertThat(Files.readString(real.resolve("a.txt"))).isEqualTo("grüße");
    }
  }

  @Test
  void the_reference_server_time_is_called() throws Exception {
    String python = Clients.pythonWith("mcp-server-time", "import mcp_server_time");
    try (McpProcess server = McpProcess.start(python, "-I", "-m", "mcp_server_time");
        SupervisorClient client = client(server)) {
      Outcome outcome =
          client
              .session()
              .execute(
                  Cell.of(
                          "str(await convert_time(source_timezone='Etc/UTC', time='12:00',"
                              + " target_timezone='Asia/Tokyo'))")
                      .withValue());
      assertThat(outcome.ok()).as(outcome.toString()).isTrue();
      assertThat(outcome.value().orElseThrow().as(String.class)).contains("21:00");
    }
  }

  private static SupervisorClient client(McpProcess server) {
    return SupervisorClient.builder().trusted().tools(server.tools()).open();
  }

  private static String index(String packaged) {
    return Clients.MODULES.resolve("node_modules").resolve(packaged + "/dist/index.js").toString();
  }
}
