package dev.pyvisor.outcome;

import dev.pyvisor.Value;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What became of a cell.
 *
 * <p>Immutable.
 *
 * @param kind its fate
 * @param cell its number within the session; 0 where it was never sent
 * @param stdout what it wrote to standard output
 * @param stderr what it wrote to standard error
 * @param chunks both in the order of arrival; where there was too much for memory, what is kept
 * @param displays what it displayed, in its order; at most 100 objects of 32 MiB in all
 * @param value the value of its last expression, where it was asked for and there is one
 * @param error the exception that ended it
 * @param submission the answer that it ended itself with, where it did
 * @param state what is left of the session's state
 * @param generation the generation of the kernel that ran it; 0 where none did
 * @param toolCalls how many host tool calls it made
 * @param elapsed wall time that it ran
 * @param cpu processor time of its kernel
 * @param peakMemoryBytes peak memory of its kernel
 * @param cause why, where its own code did not choose its end
 */
public record Outcome(
    OutcomeKind kind,
    int cell,
    Output stdout,
    Output stderr,
    List<OutputChunk> chunks,
    List<Display> displays,
    Optional<Value> value,
    Optional<PythonError> error,
    Optional<Submission> submission,
    StateReport state,
    int generation,
    int toolCalls,
    Duration elapsed,
    Duration cpu,
    long peakMemoryBytes,
    Optional<Cause> cause) {

  /** Whether the cell did what it was meant to: it completed or submitted. */
  public boolean ok() {
    return kind == OutcomeKind.COMPLETED || kind == OutcomeKind.SUBMITTED;
  }

  public String stdoutText() {
    return stdout.text();
  }

  public String stderrText() {
    return stderr.text();
  }

  /** A short form for logs, without output and values. */
  @Override
  public String toString() {
    return "cell "
        + cell
        + " "
        + kind.wireName()
        + error.map(found -> " (" + found.text() + ")").orElse("")
        + cause.map(found -> " (" + found.text() + ")").orElse("")
        + ", stdout "
        + stdout
        + ", stderr "
        + stderr
        + ", "
        + toolCalls
        + " tool calls";
  }
}
