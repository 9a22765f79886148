package dev.pyvisor.wire;

import dev.pyvisor.outcome.Cause;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.outcome.StateSource;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The result of a cell's reply (PROTOCOL.md section 8).
 *
 * <p>Immutable.
 */
public record Terminal(
    OutcomeKind kind,
    Optional<Cause> cause,
    int generation,
    StateReport state,
    Total stdout,
    Total stderr,
    long toolCalls,
    Duration elapsed,
    Duration cpu,
    long peakMemoryBytes) {
  private static final String RULE = "LIF-4";

  /**
   * What the runner says that it sent on one stream.
   *
   * <p>Immutable.
   */
  public record Total(long bytes, long crc32) {}

  public static Terminal parse(@Nullable JsonNode result) {
    Fields terminal = new Fields(RULE, "the terminal", result);
    Fields totals = terminal.object("totals");
    return new Terminal(
        word(terminal.text("outcome"), OutcomeKind::valueOf, "outcome"),
        terminal.has("cause")
            ? Optional.of(Causation.read(terminal.object("cause")))
            : Optional.empty(),
        terminal.small("generation"),
        state(terminal.object("state")),
        total(totals.object("stdout")),
        total(totals.object("stderr")),
        totals.number("toolCalls"),
        Duration.ofNanos(terminal.number("elapsedNanos", 0)),
        Duration.ofNanos(terminal.number("cpuNanos", 0)),
        terminal.number("peakMemoryBytes", 0));
  }

  public static StateReport state(Fields state) {
    return new StateReport(
        state.flag("preserved"),
        word(state.text("source"), StateSource::valueOf, "state.source"),
        state.texts("restored"),
        state.texts("lost"),
        state.has("reason") ? Optional.of(state.text("reason")) : Optional.empty(),
        state.texts("notRolledBack"));
  }

  private static Total total(Fields total) {
    return new Total(total.number("bytes"), total.number("crc32"));
  }

  /** One word of a fixed set. */
  public static <T> T word(String word, Function<String, T> valueOf, String what) {
    try {
      return valueOf.apply(word.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException unknown) {
      throw new ProtocolError(RULE, what + " is the unknown word '" + word + "'");
    }
  }
}
