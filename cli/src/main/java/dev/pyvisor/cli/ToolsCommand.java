package dev.pyvisor.cli;

import dev.pyvisor.tool.Tool;
import dev.pyvisor.tool.ToolStubs;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/** {@code pyvisor tools}: host tools as a model is told of them. */
@Command(
    name = "tools",
    description = {
      "Prints host tools as Python functions with hints and docstrings, to put into a prompt. No"
          + " Python is started."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ToolsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--stubs",
      description = "Python functions without bodies; the default, unless --json is given.")
  private boolean stubs;

  @Option(
      names = "--json",
      description = "One JSON list of name, description and JSON schema instead.")
  private boolean json;

  @Option(names = "--demo-tools", description = "Those that exec --demo-tools registers.")
  private boolean demoTools;

  @Mixin private McpServers servers;

  @Override
  public Integer call() {
    if (stubs && json) {
      throw refused("--stubs and --json are two forms; give one");
    }
    List<Tool> tools = new ArrayList<>();
    if (demoTools) {
      tools.addAll(Tool.fromObject(new DemoTools()));
    }
    try (McpServers running = servers) {
      tools.addAll(running.start());
    }
    if (tools.isEmpty()) {
      throw refused("no tools: give --demo-tools, or --mcp COMMAND");
    }
    System.out.print(json ? list(tools) + "\n" : ToolStubs.of(tools));
    System.out.flush();
    return System.out.checkError() ? Failures.SOME_CELL_FAILED : Failures.OK;
  }

  private static String list(List<Tool> tools) {
    JsonMapper mapper = JsonMapper.shared();
    ArrayNode list = mapper.createArrayNode();
    for (Tool tool : tools) {
      list.addObject()
          .put("name", tool.name())
          .put("description", tool.description())
          .set("inputSchema", mapper.readTree(tool.schemaJson()));
    }
    return mapper.writeValueAsString(list);
  }

  private ParameterException refused(String why) {
    return new ParameterException(spec.commandLine(), why);
  }
}
