package dev.pyvisor;

import dev.pyvisor.outcome.Display;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.tool.ToolEvent;

/**
 * Hears of a cell while it runs. Calls come one after another, never two at once, in the order of
 * arrival; the cell's outcome comes after the last of them has returned. A listener that is slow
 * slows the cell: nothing is dropped. What a listener throws is logged and changes nothing.
 *
 * <p>Thread-safe: called from one thread at a time.
 */
public interface CellListener {
  /** The cell wrote something. */
  default void onOutput(OutputChunk chunk) {}

  /** The cell displayed an object; between it and output the order is that of arrival. */
  default void onDisplay(Display display) {}

  /** The cell called a host tool. */
  default void onToolStarted(ToolEvent event) {}

  /** A host tool that the cell called reports progress. */
  default void onToolProgress(ToolEvent event, String message) {}

  /** A host tool that the cell called returned, failed or was cancelled. */
  default void onToolFinished(ToolEvent event) {}
}
