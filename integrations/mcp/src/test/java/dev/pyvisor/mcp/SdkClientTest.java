package dev.pyvisor.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The SDK's own client, which starts the server. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@ExtendWith({Census.class, HangReport.class})
@Limit(
    seconds = 120,
    why = "a server is a JVM and a Python of its own, and a client may be a third program")
class SdkClientTest {
  private static final int CALLS = 60;

  @Test
  void its_client_finds_the_tools_calls_many_at_once_and_hears_progress() throws Exception {
    BlockingQueue<String> told = new LinkedBlockingQueue<>();
    List<String> command = TestServer.command();
    ServerParameters start =
        ServerParameters.builder(command.get(0)).args(command.subList(1, command.size())).build();
    McpSyncClient client =
        McpClient.sync(new StdioClientTransport(start, McpJsonDefaults.getMapper()))
            .requestTimeout(Duration.ofSeconds(60))
            .progressConsumer(progress -> told.add(progress.message()))
            .build();
    try {
      assertThat(client.initialize().instructions()).contains("keeps its state");
      List<Tool> tools = client.listTools().tools();
      assertThat(tools).extracting(Tool::name).contains("execute", "rollback");
      assertThat(tools).allMatch(tool -> tool.description().length() > 20);

      CallToolRequest.Builder printing =
          CallToolRequest.builder("execute")
              .arguments(Map.of("code", "import sys; sys.stdout.write('hi\\n')"));
      client.callTool(printing.progressToken("token").build());
      // Its client hands progress on in a thread of its own.
      assertThat(told.poll(RawClient.SECONDS, TimeUnit.SECONDS)).isEqualTo("hi\n");

      assertThat(atOnce(client)).hasSize(CALLS).allMatch(text -> text.startsWith("[value] "));
      assertThat(execute(client, "len(seen)")).startsWith("[value] " + CALLS + "\n");
    } finally {
      assertThat(client.closeGracefully()).isTrue();
    }
  }

  private static List<String> atOnce(McpSyncClient client) throws Exception {
    execute(client, "seen = set()");
    ExecutorService threads = Executors.newFixedThreadPool(CALLS);
    try {
      List<Future<String>> calls =
          IntStream.range(0, CALLS)
              .mapToObj(
                  n -> threads.submit(() -> execute(client, "seen.add(" + n + "); len(seen)")))
              .toList();
      List<String> texts = new ArrayList<>();
      for (Future<String> call : calls) {
        texts.add(call.get());
      }
      return texts;
    } finally {
      threads.shutdownNow();
    }
  }

  private static String execute(McpSyncClient client, String code) {
    CallToolResult result =
        client.callTool(CallToolRequest.builder("execute").arguments(Map.of("code", code)).build());
    return ((TextContent) result.content().get(0)).text();
  }
}
