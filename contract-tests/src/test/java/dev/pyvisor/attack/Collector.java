package dev.pyvisor.attack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A host program that takes a result file out of a workspace as many do: it looks whether the file
 * is one, and then opens it by its name.
 *
 * <p>Thread-safe: it holds no state.
 */
final class Collector {
  private static final Duration PATIENCE = Duration.ofSeconds(4);

  private Collector() {}

  /** What it got last: it looks again until it is content or its time is over. */
  static String collect(Path file, String unwanted) {
    long until = System.nanoTime() + PATIENCE.toNanos();
    String got = "";
    while (!got.contains(unwanted) && System.nanoTime() < until) {
      try {
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          got = Files.readString(file);
        }
      } catch (IOException swapped) {
        got = swapped.toString();
      }
    }
    return "\ncollected: " + got;
  }
}
