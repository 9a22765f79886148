package dev.pyvisor.bench.wedge;

import dev.pyvisor.bench.BenchLimits;
import dev.pyvisor.bench.BenchOptions.Phase;
import dev.pyvisor.bench.wedge.WedgeReport.Calls;
import dev.pyvisor.bench.wedge.WedgeReport.FormResult;
import java.io.PrintStream;
import java.util.Locale;

/**
 * Prints what is seen as soon as it is seen.
 *
 * <p>Confined to the measuring thread.
 */
final class WedgePage {
  private static final int TITLE = 72;

  private final PrintStream out;

  WedgePage(PrintStream out) {
    this.out = out;
  }

  void head(String machine, WedgeOptions options) {
    out.println(machine);
    out.printf(
        Locale.ROOT,
        "%d messages of %,d bytes in a conversation. Wedged: no byte moved for %.1f s.%n",
        BenchLimits.AT_ONCE,
        BenchLimits.LARGE,
        options.silence().toMillis() / 1e3);
    out.println();
    out.println("Each form with a small Python peer, and the same talk repaired:");
    out.flush();
  }

  void form(FormResult result) {
    out.printf(Locale.ROOT, "  %s, pipes of %s%n", result.title(), result.pipes());
    out.printf(Locale.ROOT, "    broken:    %s%n", result.broken().summary());
    result.broken().where().ifPresent(where -> out.println("               " + where));
    out.printf(Locale.ROOT, "    repaired:  %s%n", result.repaired().summary());
    out.flush();
  }

  void lostHead() {
    out.println();
    out.println("Two short lines written one after the other, read by polling without a pause:");
  }

  void lost(LostWakeUps result, int busyLoops) {
    out.printf(
        Locale.ROOT,
        "  %s: the second line was never seen in %d of %d pairs%n",
        phase(result.phase(), busyLoops),
        result.lost(),
        result.pairs());
    out.flush();
  }

  void oursHead() {
    out.println();
    out.println("Pyvisor on the same load, tool calls as Python sees them:");
  }

  void ours(Calls calls, int busyLoops) {
    String title =
        calls.kind() + ", pipes of " + calls.pipes() + ", " + phase(calls.phase(), busyLoops);
    out.printf(Locale.ROOT, "  %-" + TITLE + "s %s%n", title, calls.figures());
    out.flush();
  }

  private static String phase(Phase phase, int busyLoops) {
    return phase == Phase.IDLE ? "idle" : "beside " + busyLoops + " busy loops";
  }
}
