package dev.pyvisor.wire;

import dev.pyvisor.outcome.Cause;
import java.math.BigDecimal;

/**
 * A terminal's cause as a line for people.
 *
 * <p>Immutable.
 */
final class Causation {
  private static final int MILLI_DIGITS = 3;

  private Causation() {}

  static Cause read(Fields cause) {
    String kind = cause.text("kind");
    String text =
        switch (kind) {
          case "deadline" ->
              "timed out after " + seconds(cause.number("limitMs", 0)) + " s" + ladder(cause);
          case "cpu_limit" ->
              "used up its "
                  + seconds(cause.number("limitMs", 0))
                  + " s of processor time"
                  + ladder(cause);
          case "out_of_memory", "workspace_limit" -> cause.text("detail", kind);
          case "interrupt" -> "interrupted" + ladder(cause);
          case "exit" ->
              "the kernel ended with exit status " + cause.number("code", 0) + detail(": ", cause);
          case "signal" ->
              "the kernel was killed by "
                  + cause.text("signal", "signal " + cause.number("number", 0))
                  + detail(": ", cause);
          case "channel" -> "the kernel closed or broke its channel" + detail(": ", cause);
          default -> kind + detail(": ", cause);
        };
    return new Cause(kind, text);
  }

  /** How far the ladder of interrupts had to go. */
  private static String ladder(Fields cause) {
    boolean killed = cause.has("killed") && cause.flag("killed");
    String end = killed && !cause.has("detail") ? killed(cause) : detail("; ", cause);
    return end + (cause.has("verdict") ? "; " + cause.text("verdict") : "");
  }

  private static String detail(String before, Fields cause) {
    return cause.has("detail") ? before + cause.text("detail") : "";
  }

  private static String killed(Fields cause) {
    long signals = cause.number("signals", 0);
    return signals == 0
        ? "; it was killed"
        : "; it did not answer "
            + signals
            + (signals == 1 ? " interrupt" : " interrupts")
            + " and was killed";
  }

  private static String seconds(long millis) {
    return BigDecimal.valueOf(millis, MILLI_DIGITS).stripTrailingZeros().toPlainString();
  }
}
