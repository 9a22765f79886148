package dev.pyvisor.error;

import dev.pyvisor.Defaults;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a runner's process ended.
 *
 * <p>Immutable.
 *
 * @param reason what ended it, as far as this side knows
 * @param exitStatus its exit status; above 128 it is 128 plus the signal's number
 * @param stderrTail the last of what it wrote to standard error, at most {@link
 *     Defaults#STDERR_KEPT} bytes
 * @param refused how a runner that somebody else has started refused this host for good, if it did
 * @param tombstone how that runner ended, where it still said so
 */
public record ExitReport(
    String reason,
    OptionalInt exitStatus,
    String stderrTail,
    Optional<ErrorCode> refused,
    Optional<Tombstone> tombstone) {
  private static final int SIGNALLED = 128;

  /** Of a runner that refused nobody. */
  public ExitReport(String reason, OptionalInt exitStatus, String stderrTail) {
    this(reason, exitStatus, stderrTail, Optional.empty(), Optional.empty());
  }

  /** The number of the signal that ended it, if one did. */
  public OptionalInt signal() {
    return exitStatus.isPresent() && exitStatus.getAsInt() > SIGNALLED
        ? OptionalInt.of(exitStatus.getAsInt() - SIGNALLED)
        : OptionalInt.empty();
  }

  /** For people: one line, and of what it wrote last the end. */
  public String text() {
    String status =
        exitStatus.isEmpty()
            ? ""
            : signal().isPresent()
                ? ", signal " + signal().getAsInt()
                : ", exit status " + exitStatus.getAsInt();
    return reason + status + lastWords().map(words -> "; it said: " + words).orElse("");
  }

  private Optional<String> lastWords() {
    String trimmed = stderrTail.strip();
    int from = Math.max(0, trimmed.length() - Defaults.STDERR_QUOTED);
    return trimmed.isEmpty() ? Optional.empty() : Optional.of(trimmed.substring(from));
  }
}
