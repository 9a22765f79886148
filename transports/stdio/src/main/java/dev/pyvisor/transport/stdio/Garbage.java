package dev.pyvisor.transport.stdio;

import java.nio.charset.StandardCharsets;

/**
 * The last of what a peer wrote to its standard output that was none of the dialect.
 *
 * <p>Guarded by this.
 */
final class Garbage {
  private final StringBuilder kept = new StringBuilder();

  synchronized void add(byte[] line) {
    int from = Math.max(0, line.length - StdioLimits.GARBAGE_KEPT);
    kept.append(new String(line, from, line.length - from, StandardCharsets.UTF_8)).append('\n');
    if (kept.length() > StdioLimits.GARBAGE_KEPT) {
      kept.delete(0, kept.length() - StdioLimits.GARBAGE_KEPT);
    }
  }

  synchronized String tail() {
    return kept.toString();
  }
}
