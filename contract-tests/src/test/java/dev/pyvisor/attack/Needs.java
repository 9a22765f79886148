package dev.pyvisor.attack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a machine may lack that a program's positive control needs.
 *
 * <p>Thread-safe: it holds no state.
 */
final class Needs {
  /** A right that the tests' user may lack, or a kernel: only a trial shows it. */
  static final String RIGHT = "right";

  private Needs() {}

  /** Whether the positive control succeeds. */
  static boolean isAllowedHere(Program program, Path folder, String python)
      throws IOException, InterruptedException {
    try (Plant plant = new Plant(folder, python);
        BarePython bare = new BarePython(folder, python)) {
      return Judge.judge(program, plant, bare.run(program, plant)).verdict() == Verdict.SUCCEEDED;
    }
  }

  static Set<String> missing(Set<String> needs) {
    Set<String> missing = new TreeSet<>();
    for (String need : needs) {
      if (!there(need)) {
        missing.add(need);
      }
    }
    return missing;
  }

  private static boolean there(String need) {
    return switch (need) {
      case RIGHT -> true;
      case "route" -> route();
      case "address" -> Plant.otherAddress().isPresent();
      default -> throw new IllegalArgumentException("no machine is asked for " + need);
    };
  }

  /** A default route: its destination and its mask are zero. */
  private static boolean route() {
    try {
      return Files.readAllLines(Path.of("/proc/net/route")).stream()
          .anyMatch(line -> line.matches("\\S+\\s+00000000\\s.*"));
    } catch (IOException unreadable) {
      return false;
    }
  }
}
