package dev.pyvisor.mcp.server;

import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import java.util.concurrent.CompletionStage;

/**
 * A tool of the server.
 *
 * <p>Immutable.
 *
 * @param name what clients call it
 * @param description what it does, for a model
 * @param schema the JSON schema of its arguments
 * @param hints whether it changes anything
 * @param order when its calls begin
 * @param handler what it does
 */
record PythonTool(
    String name, String description, String schema, Hints hints, Order order, Handler handler) {
  /**
   * When a call begins.
   *
   * <p>Immutable.
   */
  enum Order {
    /** After those to the same session that came before it have begun. */
    IN_TURN,
    /** At once. */
    AT_ONCE
  }

  /**
   * Whether a tool changes anything, for clients that ask their user first.
   *
   * <p>Immutable.
   */
  enum Hints {
    READS,
    CHANGES,
    DESTROYS
  }

  /**
   * Does what the tool does.
   *
   * <p>Thread-safe: called from several threads at once; may block for as long as a verb of a
   * session does, but not for a cell.
   */
  @FunctionalInterface
  interface Handler {
    /** What it throws is told to the model. */
    CompletionStage<CallToolResult> call(Call call) throws Exception;
  }
}
