package dev.pyvisor.transport.launch;

import dev.pyvisor.ResourceLimits;
import java.util.ArrayList;
import java.util.List;

/**
 * Limits as a runner is told them, in the variable {@link
 * dev.pyvisor.transport.RunnerTag#ALLOWANCE}; PROTOCOL.md has the words.
 *
 * <p>Immutable.
 */
final class AllowanceText {
  private static final String GROUP = "/group";
  private static final String OUTSIDE = "/outside";

  private AllowanceText() {}

  /** For a runner whose memory and number of processes its container limits. */
  static String outside(ResourceLimits limits) {
    return text(limits, OUTSIDE, OUTSIDE);
  }

  /** For one whose kernels join the groups that hold these, and that does the rest itself. */
  static String of(ResourceLimits limits, boolean memoryHeld, boolean processesHeld) {
    return text(limits, memoryHeld ? GROUP : "", processesHeld ? GROUP : "");
  }

  private static String text(ResourceLimits limits, String memoryBy, String processesBy) {
    List<String> words = new ArrayList<>();
    limits.memory().ifPresent(bytes -> words.add("memory=" + bytes + memoryBy));
    limits.cpuTime().ifPresent(time -> words.add("cpu-ms=" + time.toMillis()));
    limits.processes().ifPresent(count -> words.add("processes=" + count + processesBy));
    limits.openFiles().ifPresent(count -> words.add("open-files=" + count));
    limits.fileSize().ifPresent(bytes -> words.add("file-size=" + bytes));
    limits.workspace().ifPresent(bytes -> words.add("workspace=" + bytes));
    return String.join(" ", words);
  }
}
