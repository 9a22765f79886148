package dev.pyvisor.mcp.server;

import dev.pyvisor.agent.Clip;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.mcp.McpLimits;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Content;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers of tools. A failure is an answer, too, so that the model reads it.
 *
 * <p>Immutable.
 */
final class Answers {
  private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

  private Answers() {}

  static CallToolResult text(String text) {
    return of(List.of(TextContent.builder(text).build()));
  }

  static CallToolResult of(List<Content> contents) {
    return CallToolResult.builder(contents).isError(false).build();
  }

  static CallToolResult failed(String text) {
    return failed(List.of(TextContent.builder(text).build()));
  }

  static CallToolResult failed(List<Content> contents) {
    return CallToolResult.builder(contents).isError(true).build();
  }

  /** One that is there already. */
  static CompletionStage<CallToolResult> now(String text) {
    return CompletableFuture.completedFuture(text(text));
  }

  /** What went wrong, for the model; what is nobody's mistake but ours is logged, too. */
  static CallToolResult failed(String tool, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof RunnerException known) {
      return failed(
          Clip.of(String.valueOf(known.getMessage()), McpLimits.FAILURE_TEXT, "")
              + " ["
              + known.code().wireName()
              + ", "
              + switch (known.delivery()) {
                case NEVER_SENT -> "it was never sent, so nothing was done";
                case UNKNOWN -> "whether it was done is unknown";
                case ANSWERED -> "it was refused";
              }
              + "]");
    }
    if (cause instanceof Refused || cause instanceof IllegalArgumentException) {
      return failed(String.valueOf(cause.getMessage()));
    }
    if (cause instanceof CancellationException) {
      return failed("the call was taken back");
    }
    LOG.warn("the tool {} failed", tool, cause);
    return failed(tool + " failed: " + cause);
  }
}
