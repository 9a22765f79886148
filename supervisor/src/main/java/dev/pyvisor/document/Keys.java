package dev.pyvisor.document;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Watches over keys that a guest chose. Java's hash tables become lists, and a dict of a million
 * keys the work of hours, where keys that have no order were made to have the same hash. Of 64 MiB
 * of honest pairs of numbers at most 254 share one.
 *
 * <p>Confined to the reading thread.
 */
final class Keys {
  private static final int SAME_HASH = 512;

  private final Map<Integer, Integer> counts = new HashMap<>();

  /** Whether the key may go into a hash table with those before it. */
  boolean accept(@Nullable Object key) {
    if (key == null || key instanceof String || key instanceof Number) {
      return true; // these have an order, which hash tables use
    }
    return counts.merge(key.hashCode(), 1, Integer::sum) <= SAME_HASH;
  }
}
