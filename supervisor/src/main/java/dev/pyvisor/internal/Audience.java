package dev.pyvisor.internal;

import dev.pyvisor.CellListener;
import dev.pyvisor.log.Verbose;
import dev.pyvisor.outcome.Display;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.tool.ToolEvent;
import dev.pyvisor.wire.Message;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Who hears of a cell while it runs: its listener, and people who watch. Each hears everything,
 * whatever becomes of the other.
 *
 * <p>Confined to the session's mailbox.
 */
final class Audience {
  private final Optional<CellListener> listener;
  private final Optional<Verbose> verbose;
  private boolean over;

  private Audience(Optional<CellListener> listener, Optional<Verbose> verbose) {
    this.listener = listener;
    this.verbose = verbose;
  }

  /** Empty where nobody listens and nobody watches. */
  static Optional<Audience> of(
      Optional<CellListener> listener, Optional<Consumer<String>> watching) {
    return listener.isEmpty() && watching.isEmpty()
        ? Optional.empty()
        : Optional.of(new Audience(listener, watching.map(Verbose::new)));
  }

  void printed(OutputChunk chunk) {
    verbose.ifPresent(watching -> watching.printed(chunk));
    tell("output", heard -> heard.onOutput(chunk));
  }

  void displayed(Display display) {
    verbose.ifPresent(watching -> watching.displayed(display));
    tell("a display", heard -> heard.onDisplay(display));
  }

  void toolStarted(ToolEvent event, Message call) {
    verbose.ifPresent(watching -> watching.called(event.name(), CalledWith.of(call)));
    tell("the start of a tool", heard -> heard.onToolStarted(event));
  }

  void toolProgress(ToolEvent event, String text) {
    tell("a tool's progress", heard -> heard.onToolProgress(event, text));
  }

  void toolFinished(ToolEvent event) {
    verbose.ifPresent(watching -> watching.ended(event.name(), event.failure().orElse("")));
    tell("the end of a tool", heard -> heard.onToolFinished(event));
  }

  /** The first end counts. The listener is not told: its cell has an outcome. */
  void ended(Outcome outcome) {
    if (!over) {
      over = true;
      verbose.ifPresent(watching -> watching.ended(outcome));
    }
  }

  private void tell(String what, Consumer<CellListener> event) {
    listener.ifPresent(heard -> UserCode.run(what, () -> event.accept(heard)));
  }
}
