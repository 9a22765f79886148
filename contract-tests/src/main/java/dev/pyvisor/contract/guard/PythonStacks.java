package dev.pyvisor.contract.guard;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * The Python stacks of runners. The runner's processes write them to files of its private directory
 * when they get a signal, even while code holds the interpreter; a stopped process writes nothing.
 *
 * <p>Immutable.
 */
final class PythonStacks {
  /** SIGRTMIN + 6; see the runner's evidence.py. It may end a cell: the test has failed anyway. */
  private static final int INSIST = 40;

  /** SIGRTMIN + 7: what an interpreter that gets on answers, with all of its threads. */
  private static final int ASK = 41;

  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);
  private static final int DEPTH = 3;

  private PythonStacks() {}

  /** Asks these processes; those that are no part of a runner are left alone. */
  static String of(List<Long> processes) {
    Map<Path, Long> before = sizes();
    List<String> asked =
        processes.stream().filter(PythonStacks::answers).map(String::valueOf).toList();
    if (asked.isEmpty()) {
      return "no process of a runner answers\n";
    }
    signal(asked);
    settle(before, asked.size());
    return sizes().keySet().stream()
        .map(file -> "-- " + file.getFileName() + "\n" + read(file))
        .collect(Collectors.joining("\n"));
  }

  /** Whether the process has handlers for the signals: without one they would kill. */
  private static boolean answers(long pid) {
    return ProcFs.read(pid, "status").stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith("SigCgt:"))
        .map(line -> Long.parseUnsignedLong(line.substring("SigCgt:".length()).strip(), 16))
        .anyMatch(caught -> (caught >>> (INSIST - 1) & caught >>> (ASK - 1) & 1) == 1);
  }

  private static void signal(List<String> pids) {
    String both = "kill -%d \"$@\"; kill -%d \"$@\"".formatted(ASK, INSIST);
    List<String> command = new ArrayList<>(List.of("sh", "-c", both, "kill"));
    command.addAll(pids);
    try {
      Process kill =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      kill.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("cannot run kill", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until as many files have grown as processes were asked, and grow no more. */
  private static void settle(Map<Path, Long> before, int asked) {
    Map<Path, Long> last = new TreeMap<>(before);
    try {
      Awaitility.await()
          .atMost(PATIENCE)
          .pollDelay(BETWEEN_LOOKS)
          .pollInterval(BETWEEN_LOOKS)
          .pollInSameThread()
          .until(
              () -> {
                Map<Path, Long> now = sizes();
                boolean still = now.equals(last);
                last.clear();
                last.putAll(now);
                long grown =
                    now.entrySet().stream()
                        .filter(file -> file.getValue() > before.getOrDefault(file.getKey(), 0L))
                        .count();
                return still && grown >= asked;
              });
    } catch (ConditionTimeoutException e) {
      return; // What is there is reported: a stopped process must not cost the others' stacks.
    }
  }

  private static Map<Path, Long> sizes() {
    Map<Path, Long> sizes = new TreeMap<>();
    for (Path directory : Footprint.directoriesOfRunners()) {
      try (Stream<Path> tree = Files.walk(directory, DEPTH)) {
        for (Path file : tree.filter(PythonStacks::holdsStacks).toList()) {
          sizes.put(file, Files.size(file));
        }
      } catch (IOException | java.io.UncheckedIOException e) {
        continue; // The runner has just been closed, and its directory removed.
      }
    }
    return sizes;
  }

  private static boolean holdsStacks(Path file) {
    return file.getFileName().toString().matches("stacks-.*\\.txt");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "(cannot be read: " + e + ")\n";
    }
  }
}
