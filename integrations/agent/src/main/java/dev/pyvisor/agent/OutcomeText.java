package dev.pyvisor.agent;

import dev.pyvisor.Value;
import dev.pyvisor.outcome.Cause;
import dev.pyvisor.outcome.Display;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.Output;
import dev.pyvisor.outcome.PythonError;
import java.util.stream.Collectors;

/**
 * What a model must know of a cell: what it printed, its value or its error, what became of it, and
 * what is left of the session's state.
 *
 * <p>Immutable.
 */
public final class OutcomeText {
  /** Characters of standard output; more costs a model more than it tells. */
  static final int OUTPUT = 24_000;

  /** The same for standard error and for an error, which mostly repeat themselves. */
  static final int ERROR = 8_000;

  private OutcomeText() {}

  /**
   * The text, with at most some 40,000 characters.
   *
   * @param fix how the model gets at what is left out of a long output
   */
  public static String of(Outcome outcome, String fix) {
    StringBuilder text = new StringBuilder();
    part(text, "", output(outcome.stdout(), OUTPUT, fix));
    part(text, "[stderr]\n", output(outcome.stderr(), ERROR, fix));
    part(text, "[displayed] ", Clip.of(displayed(outcome), ERROR, fix));
    outcome.value().ifPresent(value -> part(text, "[value] ", Clip.of(shown(value), ERROR, fix)));
    outcome.error().ifPresent(error -> part(text, "[error]\n", Clip.of(trace(error), ERROR, "")));
    outcome
        .submission()
        .ifPresent(
            submission ->
                part(text, "[submitted] ", Clip.of(submission.answer().json(), OUTPUT, fix)));
    part(text, "", end(outcome));
    return text.toString();
  }

  private static String displayed(Outcome outcome) {
    return outcome.displays().stream().map(Display::text).collect(Collectors.joining("\n"));
  }

  private static void part(StringBuilder text, String label, String part) {
    if (part.isEmpty()) {
      return;
    }
    if (!text.isEmpty() && text.charAt(text.length() - 1) != '\n') {
      text.append('\n');
    }
    text.append(label).append(part);
  }

  /** What is beyond the memory of an outcome is only counted. */
  private static String output(Output output, int most, String fix) {
    String text = output.text();
    return Clip.of(text, Math.max(text.length(), output.size()), most, fix);
  }

  private static String shown(Value value) {
    return value.pythonType().equals("builtins.NoneType") ? "" : value.repr();
  }

  private static String trace(PythonError error) {
    return error.traceback().isEmpty() ? error.text() : error.traceback();
  }

  /** A cell that did what it was meant to needs few words. */
  private static String end(Outcome outcome) {
    if (outcome.kind() == OutcomeKind.COMPLETED
        && outcome.state().preserved()
        && outcome.cause().isEmpty()) {
      return "[completed in " + milliseconds(outcome) + " ms]";
    }
    return "["
        + outcome.kind().wireName()
        + (outcome.cell() == 0 ? "" : " after " + milliseconds(outcome) + " ms")
        + outcome.cause().map(OutcomeText::why).orElse("")
        + "; "
        + outcome.state().text()
        + "]";
  }

  private static String why(Cause cause) {
    return ": " + cause.text();
  }

  private static long milliseconds(Outcome outcome) {
    return outcome.elapsed().toMillis();
  }
}
