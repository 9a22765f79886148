package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.guard.Processes;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** The processes of a runner: its kernels, and the frozen copies that it keeps of them. */
final class Kept {
  private static final Pattern PID = Pattern.compile("\"pid\":\\s*(\\d+)");

  private Kept() {}

  /** The kernels' processes, in the order of their sessions. */
  static List<Long> kernels(SupervisorClient client) {
    Matcher pid = PID.matcher(client.request("status", "{}"));
    return pid.results()
        .map(found -> Long.parseLong(found.group(1)))
        .map(told -> Processes.here(client.runner().pid(), told))
        .collect(Collectors.toList());
  }

  /** Kills the frozen copies of a client with one session that has started no processes. */
  static void killAll(SupervisorClient client) {
    List<Long> kernels = kernels(client);
    List<ProcessHandle> others =
        ProcessHandle.of(client.runner().pid())
            .orElseThrow()
            .children()
            .filter(child -> !kernels.contains(child.pid()))
            // Not by number: those begin anew when they are used up.
            .sorted(Comparator.comparing(child -> child.info().startInstant().orElse(Instant.MAX)))
            .collect(Collectors.toList());
    List<ProcessHandle> copies = others.subList(1, others.size()); // the first is the zygote
    if (copies.isEmpty()) {
      throw new AssertionError("no copies among " + others);
    }
    copies.forEach(ProcessHandle::destroyForcibly);
    Awaitility.await().until(() -> copies.stream().noneMatch(copy -> Processes.alive(copy.pid())));
  }

  /** How many processes of the runner there are. */
  static long processes(SupervisorClient client) {
    return ProcessHandle.of(client.runner().pid())
        .orElseThrow()
        .descendants()
        .filter(process -> Processes.alive(process.pid()))
        .count();
  }

  /** Waits until there are no more than so many: what was killed takes a moment to end. */
  static void awaitProcesses(SupervisorClient client, long count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(processes(client)).isEqualTo(count));
  }
}
