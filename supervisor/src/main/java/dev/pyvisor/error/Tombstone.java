package dev.pyvisor.error;

import java.util.Map;
import java.util.TreeMap;

/**
 * What a runner says of itself for a while after it has ended, for a host that comes back too late.
 *
 * <p>Immutable.
 *
 * @param exitStatus the status with which its process ends
 * @param reason why it ended
 * @param totals what it had done by then, by name, as {@code cells} or {@code runningCells}
 */
public record Tombstone(int exitStatus, String reason, Map<String, Long> totals) {
  public Tombstone {
    totals = Map.copyOf(totals);
  }

  /** One line for people. */
  public String text() {
    return reason + ", exit status " + exitStatus + ", " + new TreeMap<>(totals);
  }
}
