package dev.pyvisor.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The server over HTTP. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@ExtendWith({Census.class, HangReport.class})
@Limit(
    seconds = 180,
    why = "a server is a JVM and a Python of its own, and a client may be a third program")
class HttpServerTest {
  private static final String TOKEN = "a-token-for-this-test";
  private static final String GREETING =
      "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
          + "\"2025-06-18\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}";

  private final HttpClient http = HttpClient.newHttpClient();
  private HttpListener listener;

  @BeforeEach
  void listen() throws IOException {
    listener =
        PythonServer.startingWith(TestServer.runners())
            .listen(
                new HttpSettings(
                    new InetSocketAddress("127.0.0.1", 0),
                    TOKEN,
                    Set.of("http://localhost:6274"),
                    HttpSettings.Reach.LOOPBACK));
  }

  @AfterEach
  void end() {
    listener.close();
  }

  private HttpRequest.Builder post(String body) {
    return HttpRequest.newBuilder(listener.url())
        .timeout(Duration.ofSeconds(RawClient.SECONDS))
        .header("Content-Type", "application/json")
        .header("Accept", "application/json, text/event-stream")
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest.Builder known(String body) {
    return post(body).header("Authorization", "Bearer " + TOKEN);
  }

  private String greet() throws Exception {
    HttpResponse<String> answer = send(known(GREETING));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.headers().firstValue("Mcp-Session-Id").orElseThrow();
  }

  private static String call(Object id, String code) {
    return "{\"jsonrpc\":\"2.0\",\"id\":"
        + id
        + ",\"method\":\"tools/call\",\"params\":{\"name\":\"execute\",\"arguments\":{\"code\":\""
        + code
        + "\"}}}";
  }

  @Test
  void without_the_token_nobody_gets_in() throws Exception {
    assertThat(send(post(GREETING)).statusCode()).isEqualTo(401);
    assertThat(send(post(GREETING).header("Authorization", "Bearer other")).statusCode())
        .isEqualTo(401);
    assertThat(send(known(GREETING)).statusCode()).isEqualTo(200);
  }

  @Test
  void a_page_gets_in_only_if_it_is_named() throws Exception {
    assertThat(send(known(GREETING).header("Origin", "http://page.example")).statusCode())
        .isEqualTo(403);
    assertThat(send(known(GREETING).header("Origin", "http://localhost:6274")).statusCode())
        .isEqualTo(200);
  }

  @Test
  void what_is_no_request_of_mcp_is_refused_with_the_reason() throws Exception {
    HttpRequest.Builder get =
        HttpRequest.newBuilder(listener.url()).header("Authorization", "Bearer " + TOKEN);
    assertThat(send(get).statusCode()).isEqualTo(405);
    assertThat(send(known(GREETING).setHeader("Content-Type", "text/plain")).statusCode())
        .isEqualTo(415);
    assertThat(send(known(GREETING).setHeader("Accept", "text/html")).statusCode()).isEqualTo(406);
    assertThat(send(known("no JSON")).statusCode()).isEqualTo(400);
    assertThat(send(known(call(1, "1"))).body()).contains("Mcp-Session-Id is missing");
    assertThat(send(known(call(1, "1")).header("Mcp-Session-Id", "x")).statusCode()).isEqualTo(404);
    String session = greet();
    assertThat(
            send(known(call(1, "1"))
                    .header("Mcp-Session-Id", session)
                    .header("MCP-Protocol-Version", "1999-01-01"))
                .statusCode())
        .isEqualTo(400);
  }

  @Test
  void each_client_has_a_runner_of_its_own_which_ends_with_it() throws Exception {
    String one = greet();
    String two = greet();
    String first =
        send(known(call(1, "mine = 1; import os; os.getppid()")).header("Mcp-Session-Id", one))
            .body();
    assertThat(send(known(call(1, "'mine' in globals()")).header("Mcp-Session-Id", two)).body())
        .contains("[value] False");
    ProcessHandle runner =
        ProcessHandle.of(Long.parseLong(first.replaceAll("(?s).*\\[value] (\\d+).*", "$1")))
            .orElseThrow();
    HttpResponse<String> left =
        send(
            HttpRequest.newBuilder(listener.url())
                .DELETE()
                .header("Authorization", "Bearer " + TOKEN)
                .header("Mcp-Session-Id", one));
    assertThat(left.statusCode()).isEqualTo(204);
    runner.onExit().get(RawClient.SECONDS, TimeUnit.SECONDS);
    assertThat(runner.isAlive()).isFalse();
    assertThat(send(known(call(2, "1")).header("Mcp-Session-Id", one)).statusCode()).isEqualTo(404);
    assertThat(send(known(call(2, "1 + 1")).header("Mcp-Session-Id", two)).body())
        .contains("[value] 2");
  }

  @Test
  void more_clients_than_there_may_be_are_refused() throws Exception {
    for (int client = 0; client < McpLimits.HTTP_CLIENTS; client++) {
      greet();
    }
    assertThat(send(known(GREETING)).statusCode()).isEqualTo(503);
  }

  @Test
  void an_address_that_others_reach_is_refused_unless_that_is_said() {
    InetSocketAddress anywhere = new InetSocketAddress("0.0.0.0", 0);
    assertThatThrownBy(
            () -> new HttpSettings(anywhere, TOKEN, Set.of(), HttpSettings.Reach.LOOPBACK))
        .hasMessageContaining("0.0.0.0 is an address that others reach");
    assertThat(new HttpSettings(anywhere, TOKEN, Set.of(), HttpSettings.Reach.ANYWHERE))
        .hasToString("HttpSettings[/0.0.0.0:0, ANYWHERE]");
    assertThatThrownBy(() -> HttpSettings.local(0, "short")).hasMessageContaining("at least 16");
  }

  @Test
  void the_sdk_s_own_client_is_served() {
    HttpClientStreamableHttpTransport transport =
        HttpClientStreamableHttpTransport.builder("http://127.0.0.1:" + listener.url().getPort())
            .endpoint("/mcp")
            .requestBuilder(HttpRequest.newBuilder().header("Authorization", "Bearer " + TOKEN))
            .build();
    try (McpSyncClient client =
        McpClient.sync(transport).requestTimeout(Duration.ofSeconds(60)).build()) {
      client.initialize();
      CallToolRequest request =
          CallToolRequest.builder("execute").arguments(Map.of("code", "6 * 7")).build();
      assertThat(((TextContent) client.callTool(request).content().get(0)).text())
          .startsWith("[value] 42\n");
    }
  }

  @Test
  void the_official_python_client_sees_what_it_should() throws Exception {
    assertThat(RealClientsTest.seen(Clients.python(), "http", where()))
        .isEqualTo(RealClientsTest.SEEN);
  }

  @Test
  void the_official_typescript_client_sees_what_it_should() throws Exception {
    assertThat(RealClientsTest.seen(Clients.typescript(), "http", where()))
        .isEqualTo(RealClientsTest.SEEN);
  }

  private List<String> where() {
    return List.of(listener.url().toString(), TOKEN);
  }
}
