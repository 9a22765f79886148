package dev.pyvisor.agent;

import dev.pyvisor.tool.ToolContext;
import org.jspecify.annotations.Nullable;

/**
 * What a tool does that knows JSON only.
 *
 * <p>Thread-safe: implementations are called from several tool threads at once.
 */
@FunctionalInterface
public interface JsonFunction {
  /**
   * Runs on a tool thread and may block, like {@link dev.pyvisor.tool.ToolFunction#call}.
   *
   * @param arguments one JSON object, which fits the tool's schema
   * @throws Exception becomes a {@code ToolError} in Python
   */
  @Nullable Object call(String arguments, ToolContext context) throws Exception;
}
