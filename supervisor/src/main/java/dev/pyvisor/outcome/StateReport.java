package dev.pyvisor.outcome;

import java.util.List;

/**
 * What is left of a session's state after a cell.
 *
 * <p>Immutable.
 *
 * @param preserved whether all of it is there
 * @param source where it comes from
 * @param restored names that were brought back
 * @param lost names that are gone
 */
public record StateReport(
    boolean preserved, StateSource source, List<String> restored, List<String> lost) {
  private static final StateReport LIVE =
      new StateReport(true, StateSource.LIVE, List.of(), List.of());
  private static final StateReport NONE =
      new StateReport(false, StateSource.NONE, List.of(), List.of());

  public StateReport {
    restored = List.copyOf(restored);
    lost = List.copyOf(lost);
  }

  /** The state is untouched. */
  public static StateReport live() {
    return LIVE;
  }

  /** The runner is gone and the state with it. */
  public static StateReport none() {
    return NONE;
  }

  /** One line for people. */
  public String text() {
    if (preserved) {
      return "the session's state is preserved (" + source.wireName() + ")";
    }
    if (source == StateSource.NONE) {
      return "the session's state is gone, and no kernel took over";
    }
    return "the session goes on with "
        + source.wireName()
        + " state"
        + (restored.isEmpty() ? "" : ", restored: " + String.join(", ", restored))
        + (lost.isEmpty() ? "" : ", lost: " + String.join(", ", lost));
  }
}
