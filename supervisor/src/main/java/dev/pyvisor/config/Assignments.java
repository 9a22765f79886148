package dev.pyvisor.config;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one layer sets, and what is wrong with it.
 *
 * <p>Confined to the thread that reads.
 */
final class Assignments {
  private final ConfigKeys keys = ConfigKeys.onClassPath();
  private final Problems problems = new Problems();
  private final Map<String, Origin> seen = new LinkedHashMap<>();
  private final Map<String, Assigned> found = new LinkedHashMap<>();

  ConfigKeys keys() {
    return keys;
  }

  /** Takes a value; in an assignment and in the environment the later one of two wins. */
  void add(ConfigKey key, String text, Origin origin) {
    try {
      found.put(key.name(), new Assigned(key, key.normal(text), origin));
    } catch (IllegalArgumentException refused) {
      refuse(key, origin, String.valueOf(refused.getMessage()));
    }
  }

  /** Whether a document has a key for the first time. It is refused otherwise. */
  boolean first(String name, Origin origin) {
    Origin before = seen.putIfAbsent(name, origin);
    if (before != null) {
      problems.add(
          origin.place(),
          Quote.of(name) + " is there twice, first in " + before.place() + "; keep one");
    }
    return before == null;
  }

  void refuse(ConfigKey key, Origin origin, String why) {
    problems.add(origin.place(), Quote.bare(key.name()) + ": " + why);
  }

  void refuse(Origin origin, String why) {
    problems.add(origin.place(), why);
  }

  boolean full() {
    return problems.full();
  }

  /**
   * All of them.
   *
   * @throws ConfigurationException when anything is wrong
   */
  Map<String, Assigned> all() {
    problems.raise();
    return found;
  }
}
