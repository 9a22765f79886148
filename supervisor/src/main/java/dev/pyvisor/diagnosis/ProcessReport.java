package dev.pyvisor.diagnosis;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What can be said of a runner without asking its supervisor anything.
 *
 * <p>Confined to the thread that writes the report.
 */
final class ProcessReport {
  private static final int KERNELS_SHOWN = 4;
  private static final Pattern CANNOT_ANSWER = Pattern.compile("gone|stopped|zombie|kernel-io");

  private final OptionalLong supervisor;
  private final List<ProcessFacts> before;
  private Map<Long, PythonStacks.Stacks> stacks = Map.of();

  ProcessReport(OptionalLong supervisor, List<ProcessFacts> processes) {
    this.supervisor = supervisor;
    this.before = processes;
  }

  List<ProcessFacts> processes() {
    return before;
  }

  /** The text of {@code proc.txt}. */
  String facts() {
    return before.isEmpty()
        ? "the runner has no process on this machine\n"
        : before.stream().map(ProcessFacts::details).collect(Collectors.joining("\n"));
  }

  /** Asks the processes themselves; those that are stopped cannot answer and are not waited for. */
  void askForStacks(Path directory, Duration patience) {
    stacks = PythonStacks.of(before, directory, patience);
  }

  /** The text of {@code python-stacks.txt}. */
  String stacks() {
    if (stacks.isEmpty()) {
      return "no process of the runner writes its stacks\n";
    }
    StringBuilder text = new StringBuilder();
    stacks.forEach(
        (pid, said) ->
            text.append("-- process ")
                .append(pid)
                .append(said.fresh() ? "" : ", which did not answer; what it had written before")
                .append("\n")
                .append(said.text())
                .append("\n"));
    return text.toString();
  }

  /** One line. */
  String verdict() {
    Map<Long, ProcessFacts> now = new LinkedHashMap<>();
    RunnerProcesses.again(before).forEach(process -> now.put(process.pid(), process));
    List<String> parts = new ArrayList<>();
    List<ProcessFacts> kernels =
        before.stream()
            .filter(process -> process.dumps() && !process.isFrozenCopy())
            .filter(process -> !isSupervisor(process.pid()))
            .toList();
    List<String> said =
        kernels.stream()
            .map(
                kernel ->
                    classified(kernel, now.get(kernel.pid()))
                        + " (kernel, process "
                        + kernel.pid()
                        + ")")
            // What only waits for its next cell explains least.
            .sorted((one, other) -> Boolean.compare(isIdle(one), isIdle(other)))
            .toList();
    parts.addAll(said.subList(0, Math.min(KERNELS_SHOWN, said.size())));
    if (said.size() > KERNELS_SHOWN) {
      parts.add("and " + (said.size() - KERNELS_SHOWN) + " more kernels");
    }
    if (supervisor.isPresent()) {
      String above = supervisor(supervisor.getAsLong(), now);
      // What has befallen the supervisor explains all the rest; waiting is what it does all day.
      parts.add(CANNOT_ANSWER.matcher(above).lookingAt() ? 0 : parts.size(), above);
    }
    return parts.isEmpty() ? "gone: the runner has no process" : String.join("; ", parts);
  }

  private String supervisor(long pid, Map<Long, ProcessFacts> now) {
    ProcessFacts first =
        before.stream().filter(process -> process.pid() == pid).findFirst().orElse(null);
    if (first == null) {
      return "gone: the supervisor (process " + pid + ") has ended";
    }
    return classified(first, now.get(pid)) + " (the supervisor, process " + pid + ")";
  }

  private String classified(ProcessFacts first, @Nullable ProcessFacts second) {
    return Classifier.of(first, second, stacks.get(first.pid()));
  }

  private boolean isSupervisor(long pid) {
    return supervisor.isPresent() && supervisor.getAsLong() == pid;
  }

  private static boolean isIdle(String verdict) {
    return verdict.startsWith("idle");
  }
}
