package dev.pyvisor.outcome;

import java.util.List;
import java.util.Optional;

/**
 * What is left of a session's state after a cell.
 *
 * <p>Immutable.
 *
 * @param preserved whether all of it is there
 * @param source where it comes from
 * @param restored names that were brought back
 * @param lost names that are gone
 * @param reason why it is not the live state, or why there was no frozen copy
 * @param notRolledBack effects of the cell on the world outside that going back does not undo, a
 *     line each: files, sockets, tools that were called
 */
public record StateReport(
    boolean preserved,
    StateSource source,
    List<String> restored,
    List<String> lost,
    Optional<String> reason,
    List<String> notRolledBack) {
  private static final StateReport LIVE = new StateReport(true, StateSource.LIVE);
  private static final StateReport NONE = new StateReport(false, StateSource.NONE);

  public StateReport {
    restored = List.copyOf(restored);
    lost = List.copyOf(lost);
    notRolledBack = List.copyOf(notRolledBack);
  }

  private StateReport(boolean preserved, StateSource source) {
    this(preserved, source, List.of(), List.of(), Optional.empty(), List.of());
  }

  /** The state is untouched. */
  public static StateReport live() {
    return LIVE;
  }

  /** The runner is gone and the state with it. */
  public static StateReport none() {
    return NONE;
  }

  /** A new kernel has taken over, or will with the next use, and nothing is left of the state. */
  public static StateReport fresh(String reason) {
    return new StateReport(
        false, StateSource.FRESH, List.of(), List.of(), Optional.of(reason), List.of());
  }

  /** One line for people. */
  public String text() {
    if (source == StateSource.NONE) {
      return "the session's state is gone, and no kernel took over";
    }
    String what =
        preserved
            ? "the session's state is preserved (" + source.wireName() + ")"
            : "the session goes on with " + source.wireName() + " state";
    return what
        + (preserved ? "" : named("restored", restored) + named("lost", lost))
        + reason.map(why -> "; " + why).orElse("")
        + (notRolledBack.isEmpty() ? "" : "; not undone: " + String.join(", ", notRolledBack));
  }

  private static String named(String what, List<String> names) {
    return names.isEmpty() ? "" : ", " + what + ": " + String.join(", ", names);
  }
}
