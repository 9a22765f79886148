package dev.pyvisor.cli;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.mcp.client.McpProcess;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.transport.launch.CommandWords;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** MCP servers that a command starts, for their tools. */
final class McpServers implements AutoCloseable {
  private static final String OPTION = "--mcp";

  /** Gives a program a session of its own, so that a Ctrl-C is for the cell and not for it. */
  private static final String APART = "setsid";

  @Option(
      names = OPTION,
      paramLabel = "COMMAND",
      description =
          "Starts an MCP server by this command line, with this program's rights, and registers its"
              + " tools; may be given several times.")
  private List<String> commands = new ArrayList<>();

  private final List<McpProcess> running = new ArrayList<>();

  /** Starts them, and registers their tools. */
  void applyTo(SupervisorClient.Builder builder) {
    builder.tools(start());
  }

  /** Starts them; the tools of all, in the order of the servers. */
  List<Tool> start() {
    List<Tool> tools = new ArrayList<>();
    for (String command : commands) {
      List<String> words = new ArrayList<>(CommandWords.of("exec", OPTION, command));
      if (onPath(APART)) {
        words.add(0, APART);
      }
      McpProcess server = McpProcess.start(words, Map.of());
      running.add(server);
      tools.addAll(server.tools());
    }
    return tools;
  }

  private static boolean onPath(String program) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .anyMatch(folder -> new File(folder, program).canExecute());
  }

  @Override
  public void close() {
    running.forEach(McpProcess::close);
  }
}
