package dev.pyvisor.outcome;

import dev.pyvisor.Value;
import java.util.List;
import java.util.Optional;

/**
 * The exception that ended a cell.
 *
 * <p>Immutable.
 *
 * @param type name of its class, for example {@code ValueError}
 * @param module module of its class, for example {@code builtins}
 * @param message its text
 * @param traceback the traceback as Python prints it, with the cell's own lines
 * @param frames the same as data, outermost first
 * @param syntax where, for a SyntaxError of the cell itself
 * @param data what the exception carries as {@code data}, for example that of a failed tool
 */
public record PythonError(
    String type,
    String module,
    String message,
    String traceback,
    List<PythonFrame> frames,
    Optional<SyntaxLocation> syntax,
    Optional<Value> data) {

  public PythonError {
    frames = List.copyOf(frames);
  }

  /** Type and message in one line. */
  public String text() {
    return message.isEmpty() ? type : type + ": " + message;
  }
}
