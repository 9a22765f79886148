package dev.pyvisor.tool;

import org.jspecify.annotations.Nullable;

/**
 * What a host tool does.
 *
 * <p>Thread-safe: implementations are called from several tool threads at once.
 */
@FunctionalInterface
public interface ToolFunction {
  /**
   * Runs on a tool thread and may block; it is interrupted when the call is cancelled. A {@link
   * java.util.concurrent.CompletionStage} that it returns is waited for.
   *
   * @throws Exception becomes a {@code ToolError} in Python, with type and message; throw {@link
   *     ToolFailure} to add data
   */
  @Nullable Object call(ToolArguments arguments, ToolContext context) throws Exception;
}
