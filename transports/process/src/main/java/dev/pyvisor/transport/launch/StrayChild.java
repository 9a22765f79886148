package dev.pyvisor.transport.launch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A child that lives although its start has failed: the JDK forks first, and then makes the thread
 * that waits for the child. Where the machine gives no thread, nobody has a hold of it.
 *
 * <p>Thread-safe: it holds no state.
 */
final class StrayChild {
  private StrayChild() {}

  /** The child of this process that was started so; a runner's environment names it alone. */
  static Optional<ProcessHandle> of(ProcessBuilder builder) {
    Set<String> environment = new HashSet<>();
    builder.environment().forEach((name, value) -> environment.add(name + "=" + value));
    return ProcessHandle.current()
        .children()
        .filter(child -> runs(child, builder.command()) && has(child, environment))
        .findFirst();
  }

  /** Before the words of a script stand those of its interpreter. */
  private static boolean runs(ProcessHandle child, List<String> command) {
    List<String> told = told(child, "cmdline");
    int before = told.size() - command.size();
    return before >= 0 && told.subList(before, told.size()).equals(command);
  }

  private static boolean has(ProcessHandle child, Set<String> environment) {
    return Set.copyOf(told(child, "environ")).equals(environment);
  }

  private static List<String> told(ProcessHandle child, String file) {
    try {
      Path path = Path.of("/proc", Long.toString(child.pid()), file);
      String text = new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
      // Each ends with a zero.
      return List.of(text.split("\0"));
    } catch (IOException goneOrForeign) {
      return List.of();
    }
  }
}
