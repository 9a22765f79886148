package dev.pyvisor.config;

import dev.pyvisor.Defaults;
import java.util.ArrayList;
import java.util.List;

/**
 * What is wrong with one layer, collected so that it can be told at once. Nothing more is taken in
 * once it is full: whoever reads then stops.
 *
 * <p>Confined to the thread that reads.
 */
final class Problems {
  private final List<String> all = new ArrayList<>();

  void add(String place, String what) {
    if (!full()) {
      // What was read may be anything: it stays on its line, and that is not endless.
      String line = Quote.plain(place + ": " + what);
      int longest = Defaults.CONFIGURATION_PROBLEM;
      all.add(line.length() <= longest ? line : line.substring(0, longest) + "…");
    }
  }

  boolean full() {
    return all.size() >= Defaults.CONFIGURATION_PROBLEMS;
  }

  /**
   * Ends the reading of the layer.
   *
   * @throws ConfigurationException when there is one
   */
  void raise() {
    if (full()) {
      all.add("there may be more: reading stopped here");
    }
    if (!all.isEmpty()) {
      throw new ConfigurationException(all);
    }
  }
}
