package dev.pyvisor.bench;

import dev.pyvisor.Defaults;
import dev.pyvisor.Launcher;
import dev.pyvisor.bench.Row.Yardstick;
import dev.pyvisor.bench.python.Interpreter;
import dev.pyvisor.bench.python.Script;
import dev.pyvisor.mcp.client.McpProcess;
import java.util.List;
import java.util.Map;

/** A tool of an MCP server, called from code: the call goes on to a process of its own. */
final class McpRows {
  private McpRows() {}

  static List<Row> all() {
    return List.of(
        new Row(
            "tool-mcp",
            "pyvisor: tool call with two numbers, a tool of an MCP server's",
            Yardstick.TOOL,
            1,
            workbench -> {
              Served served = workbench.subject("mcp", Served.class, Served::new);
              return new Probe(served, () -> served.ours.timed("add_by_mcp(1, 2)"));
            }));
  }

  /** A client of ours, and the server whose tool it has. */
  private static final class Served implements Subject {
    private final McpProcess server;
    private final Ours ours;

    Served(Interpreter interpreter) {
      server =
          McpProcess.start(
              List.of(interpreter.path().toString(), "-I", "-c", Script.MCP_SERVER.text()),
              Map.of());
      try {
        ours =
            new Ours(
                interpreter,
                "pipe",
                Defaults.CHECKPOINTS,
                builder -> builder.launcher(Launcher.PROCESS).tools(server.tools()));
      } catch (RuntimeException | Error failed) {
        server.close();
        throw failed;
      }
    }

    @Override
    public void abort() {
      ours.abort();
    }

    @Override
    public void close() {
      ours.close();
      server.close();
    }
  }
}
