package dev.pyvisor.mcp.server;

import dev.pyvisor.CellListener;
import dev.pyvisor.agent.Clip;
import dev.pyvisor.mcp.McpLimits;
import dev.pyvisor.outcome.OutputChunk;
import io.modelcontextprotocol.server.McpAsyncServerExchange;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a client what its cell prints, as it prints it, where the client gave a token for that. How
 * far it is is counted in bytes. What a client is too slow for is left out: all of it is in the
 * answer.
 *
 * <p>Thread-safe: a cell calls its listener from one thread at a time.
 */
final class Progress implements CellListener {
  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);
  private static final String TOKEN = "progressToken";

  private final McpAsyncServerExchange exchange;
  private final CallToolRequest request;
  private long printed;

  Progress(McpAsyncServerExchange exchange, CallToolRequest request) {
    this.exchange = exchange;
    this.request = request;
  }

  boolean wanted() {
    return request.meta() != null && request.meta().get(TOKEN) != null;
  }

  @Override
  public void onOutput(OutputChunk chunk) {
    printed += chunk.size();
    String text = Clip.of(chunk.text(), McpLimits.PROGRESS_TEXT, "");
    exchange
        .progressNotification(
            ProgressNotification.builder(request.meta().get(TOKEN), (double) printed)
                .message(text)
                .build())
        .subscribe(
            nothing -> {}, failed -> LOG.debug("progress was not sent: {}", failed.toString()));
  }
}
