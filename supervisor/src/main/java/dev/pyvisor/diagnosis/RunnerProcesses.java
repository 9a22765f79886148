package dev.pyvisor.diagnosis;

import dev.pyvisor.transport.RunnerTag;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Which processes of this machine belong to a runner.
 *
 * <p>Immutable.
 */
final class RunnerProcesses {
  private static final int SHOWN = 64;

  private RunnerProcesses() {}

  /**
   * The supervisor and its descendants; where it has ended, what carries the runner's tag. A runner
   * of another machine has none.
   *
   * @param host the JVM that started the runner
   */
  static List<ProcessFacts> of(ProcessHandle host, OptionalLong supervisor, String runnerId) {
    Set<Long> pids = new LinkedHashSet<>();
    List<ProcessHandle> below = host.descendants().toList();
    below.stream()
        .filter(process -> supervisor.isPresent() && process.pid() == supervisor.getAsLong())
        .forEach(
            process -> {
              pids.add(process.pid());
              process.descendants().map(ProcessHandle::pid).sorted().forEach(pids::add);
            });
    if (pids.isEmpty()) {
      ProcFs.processes().stream()
          .filter(pid -> ProcFs.variable(pid, RunnerTag.NAME).filter(runnerId::equals).isPresent())
          .forEach(pids::add);
    }
    return facts(pids);
  }

  /** How those are now that were there before; what has ended is left out. */
  static List<ProcessFacts> again(List<ProcessFacts> before) {
    return facts(before.stream().map(ProcessFacts::pid).toList());
  }

  private static List<ProcessFacts> facts(Iterable<Long> pids) {
    List<ProcessFacts> found = new ArrayList<>();
    for (long pid : pids) {
      if (found.size() < SHOWN) {
        ProcessFacts.of(pid).ifPresent(found::add);
      }
    }
    return found;
  }
}
