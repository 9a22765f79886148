package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.contract.backend.BubblewrapBackend;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** The verb {@code mcp}, as a client starts it. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 120, why = "a command is a JVM and a Python of its own, and one may have 60 s")
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
  void by_default_the_code_is_isolated() throws Exception {
    Optional<String> obstacle = new BubblewrapBackend.Pipe().obstacle();
    assumeTrue(obstacle.isEmpty(), () -> "no bubblewrap here: " + obstacle.orElse(""));
    Process server = Command.start(Command.ROOT, "mcp");
    try (var lines = server.inputReader(StandardCharsets.UTF_8)) {
      String call =
          "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"execute\","
              + "\"arguments\":{\"code\":\"import os; os.getpid() < 10\"}}}\n";
      server.getOutputStream().write((GREETING + call).getBytes(StandardCharsets.UTF_8));
      server.getOutputStream().flush();
      lines.readLine();
      assertThat(lines.readLine()).contains("[value] True");
      server.getOutputStream().close();
      assertThat(Command.await(server)).isZero();
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

  @Test
  void over_http_it_needs_a_token_and_stays_on_this_machine(@TempDir Path folder) throws Exception {
    Path token = folder.resolve("token");
    assertThat(Command.run("mcp", "--launcher", "process", "--http", "0").err())
        .contains("--http needs --http-token-file");
    assertThat(Command.run("mcp", "--http-token-file", token.toString()).err())
        .contains("are for --http");
    Command.Result reached =
        Command.run(
            "mcp", "--launcher", "process", "--http", "0.0.0.0:0", "--http-token-file", token + "");
    assertThat(reached.status()).isEqualTo(Failures.USAGE);
    assertThat(reached.err()).contains("0.0.0.0 is an address that others reach");
    Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(Command.run("mcp", "--http", "0", "--http-token-file", token + "").err())
        .contains("can be read or changed by others", "chmod 600");
  }

  @Test
  void over_http_it_says_where_and_serves_until_a_signal(@TempDir Path folder) throws Exception {
    Path token = folder.resolve("token");
    Process server =
        Command.start(
            Command.ROOT,
            "mcp",
            "--launcher",
            "process",
            "--http",
            "0",
            "--http-token-file",
            token + "");
    try (var lines = server.inputReader(StandardCharsets.UTF_8)) {
      URI url = URI.create(lines.readLine().replace("listening at ", ""));
      HttpResponse<String> answer =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(url)
                      .header("Content-Type", "application/json")
                      .header("Accept", "application/json, text/event-stream")
                      .header("Authorization", "Bearer " + Files.readString(token).strip())
                      .POST(HttpRequest.BodyPublishers.ofString(GREETING.lines().findFirst().get()))
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).contains("\"name\":\"pyvisor\"");
      server.toHandle().destroy();
      Command.await(server);
    } finally {
      server.toHandle().destroyForcibly();
    }
  }

  @Test
  void exec_calls_the_tools_of_a_server_that_it_starts() throws Exception {
    String server =
        "python3 -I -u " + Command.ROOT.resolve("integrations/mcp/src/test/servers/odd_server.py");
    Command.Result result =
        Command.run(
            "exec", "--mcp", server, "-c", "print(await say_it('hi'))", "-c", "await refuse()");
    assertThat(result.out()).isEqualTo("it: hi\n");
    assertThat(result.err()).contains("the kettle is cold");
    assertThat(result.status()).isEqualTo(Failures.SOME_CELL_FAILED);
    Command.Result none = Command.run("exec", "--mcp", "python3 -c 'exit(9)'", "-c", "1");
    assertThat(none.status()).isEqualTo(Failures.USAGE);
    assertThat(none.err()).contains("pyvisor: ", "did not begin as an MCP server", "status 9");
  }

  @Test
  void the_options_that_the_page_shows_are_taken() throws Exception {
    String page = Files.readString(Command.ROOT.resolve("docs/mcp.md"), StandardCharsets.UTF_8);
    String block = page.substring(page.indexOf("```json\n") + 8);
    List<String> options = new ArrayList<>();
    JSON.readTree(block.substring(0, block.indexOf("```")))
        .at("/mcpServers/python/args")
        .forEach(word -> options.add(word.asString()));
    assertThat(options).startsWith("mcp");
    // A process will do: what isolates is not what is asked here.
    options.addAll(List.of("--launcher", "process"));
    Command.Result result = Command.run(Command.ROOT, GREETING, options.toArray(String[]::new));
    assertThat(result.status()).as(result.err()).isZero();
  }
}
