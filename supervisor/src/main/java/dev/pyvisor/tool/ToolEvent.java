package dev.pyvisor.tool;

import java.util.Optional;

/**
 * A tool call, as a listener hears of it.
 *
 * <p>Immutable.
 *
 * @param name the tool
 * @param callId the call's id, unique within its channel and generation
 * @param cell the cell that called
 * @param failure why it failed or was cancelled; empty while it runs and when it returned
 */
public record ToolEvent(String name, String callId, int cell, Optional<String> failure) {
  /** The same call, failed. */
  public ToolEvent failed(String reason) {
    return new ToolEvent(name, callId, cell, Optional.of(reason));
  }
}
