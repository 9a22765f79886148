package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** The verb {@code mcp}, as a client starts it. */
@Timeout(120)
class McpCommandTest {
  private static final JsonMapper JSON = new JsonMapper();

  private static final String GREETING =
      """
      {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}
      {"jsonrpc":"2.0","method":"notifications/initialized"}
      """;

  @Test
  void nothing_but_messages_is_on_standard_output_and_the_end_of_input_ends_it() throws Exception {
    Command.Result result = Command.run(Command.ROOT, GREETING, "mcp", "--launcher", "process");
    assertThat(result.status()).isZero();
    assertThat(result.out().lines()).hasSizeLessThanOrEqualTo(1);
    result.out().lines().forEach(line -> assertThat(JSON.readTree(line).has("jsonrpc")).isTrue());
    assertThat(result.err()).contains("Client initialize request");
  }

  @Test
  void code_runs_and_nothing_is_left_after_a_signal(@TempDir Path workspace) throws Exception {
    Process server =
        Command.start(
            Command.ROOT, "mcp", "--launcher", "process", "--workspace", workspace.toString());
    try {
      Path mark = workspace.resolve("pid");
      String code =
          "import os, time; open('pid.new', 'w').write(str(os.getppid()));"
              + " os.rename('pid.new', 'pid'); print('on'); time.sleep(60)";
      String call =
          "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"execute\","
              + "\"arguments\":{\"code\":\""
              + code
              + "\"},\"_meta\":{\"progressToken\":1}}}\n";
      server.getOutputStream().write((GREETING + call).getBytes(StandardCharsets.UTF_8));
      server.getOutputStream().flush();
      try (var lines = server.inputReader(StandardCharsets.UTF_8)) {
        String line = lines.readLine();
        while (!line.contains("notifications/progress")) {
          line = lines.readLine();
        }
        ProcessHandle runner =
            ProcessHandle.of(Long.parseLong(Files.readString(mark))).orElseThrow();
        server.toHandle().destroy();
        Command.await(server);
        runner.onExit().get(10, TimeUnit.SECONDS);
        assertThat(runner.isAlive()).isFalse();
      }
    } finally {
      server.toHandle().destroyForcibly();
    }
  }

  @Test
  void where_nothing_isolates_nothing_is_served(@TempDir Path empty) throws Exception {
    Command.Result result = Command.run(Map.of("PATH", empty.toString()), "mcp");
    assertThat(result.status()).isEqualTo(Failures.NO_RUNNER);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .contains("pyvisor mcp isolates the code unless a launcher is named")
        .contains("bubblewrap: ", "--launcher process");
  }

  @Test
  void an_option_that_is_wrong_is_told_on_standard_error() throws Exception {
    Command.Result result = Command.run("mcp", "--backend", "pip");
    assertThat(result.status()).isEqualTo(Failures.USAGE);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains("--backend 'pip' is unknown; usable: ");
  }
}
