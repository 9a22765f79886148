package dev.pyvisor.log;

import dev.pyvisor.outcome.Cause;
import dev.pyvisor.outcome.Display;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutputChunk;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Tells people what one cell does while it does it: what it prints, which tools it calls, how they
 * and it end. No time and no name of a logger stands before it.
 *
 * <p>Control characters are told as escapes, other than by {@code pyvisor exec}, which passes what
 * cells print on as it is, for that is the command's product. This is told into the midst of what
 * the program itself has to say.
 *
 * <p>Confined to the session's mailbox.
 */
public final class Verbose {
  private static final Logger LOG = LoggerFactory.getLogger(Verbose.class);

  /** A sink for people at a terminal. */
  public static final Consumer<String> STANDARD_ERROR =
      text -> {
        System.err.print(text);
        System.err.flush();
      };

  private final Consumer<String> sink;
  private boolean inLine;

  /** {@code sink}: takes pieces of text, with their line ends. */
  public Verbose(Consumer<String> sink) {
    this.sink = sink;
  }

  /** It has printed something. */
  public void printed(OutputChunk chunk) {
    String text = Shown.text(chunk.text());
    if (!text.isEmpty()) {
      say(text);
      inLine = !text.endsWith("\n");
    }
  }

  /** It has displayed an object. */
  public void displayed(Display display) {
    line(
        "display: "
            + Shown.text(display.text())
            + " as "
            + Shown.text(display.mediaTypes().toString()));
  }

  /** It has called a tool. */
  public void called(String tool, JsonNode arguments) {
    line("Tool: " + Shown.text(tool) + "(" + Shown.json(arguments) + ")");
  }

  /** A tool has ended; {@code failure}: empty where it returned. */
  public void ended(String tool, String failure) {
    line(
        "Tool: "
            + Shown.text(tool)
            + (failure.isEmpty() ? " returned" : " failed: " + Shown.text(failure)));
  }

  /** It has ended. */
  public void ended(Outcome outcome) {
    outcome
        .error()
        .ifPresent(
            error ->
                line("error (" + Shown.text(error.type()) + "): " + Shown.text(error.message())));
    outcome.submission().ifPresent(answer -> line("SUBMIT: " + Shown.json(answer.answer().json())));
    line(
        "cell "
            + outcome.cell()
            + " "
            + outcome.kind().wireName()
            + outcome.cause().map(Cause::text).map(why -> ": " + Shown.text(why)).orElse(""));
  }

  private void line(String text) {
    say((inLine ? "\n" : "") + text + "\n");
    inLine = false;
  }

  private void say(String text) {
    try {
      sink.accept(text);
    } catch (RuntimeException | Error broken) {
      // Whoever watches is not what the cell is for.
      LOG.warn("what is told of cells could not be shown", broken);
    }
  }
}
