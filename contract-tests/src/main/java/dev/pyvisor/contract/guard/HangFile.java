package dev.pyvisor.contract.guard;

import dev.pyvisor.SupervisorClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * One report: Java stacks, each client's open calls, and the stacks of the runners' processes.
 *
 * <p>Immutable.
 */
final class HangFile {
  private HangFile() {}

  static Path write(String name, Duration limit) {
    StringBuilder text = new StringBuilder();
    text.append(name).append(" was not done after ").append(limit.toMillis()).append(" ms, ");
    text.append(Instant.now()).append("\n");
    section(text, "open calls");
    calls(text, name);
    section(text, "Python stacks");
    List<Long> processes = ProcFs.descendants().map(ProcessHandle::pid).toList();
    text.append(PythonStacks.of(processes));
    section(text, "processes");
    for (long pid : processes) {
      text.append(ProcFs.describe(pid)).append('\n').append(ProcFs.waiting(pid));
    }
    section(text, "Java stacks");
    javaStacks(text);
    return save(name, text.toString());
  }

  private static void section(StringBuilder text, String title) {
    text.append("\n== ").append(title).append(" ==\n");
  }

  /** The client's report, kept beside ours. */
  private static String copy(String name, SupervisorClient client) {
    try {
      Path report = client.hangReport();
      Path kept = folder().resolve(fileName(name) + "-" + report.getFileName());
      Files.createDirectories(kept);
      try (Stream<Path> files = Files.list(report)) {
        for (Path file : files.toList()) {
          Files.copy(file, kept.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
      }
      return kept.toString();
    } catch (IOException | RuntimeException problem) {
      return problem.toString();
    }
  }

  private static void calls(StringBuilder text, String name) {
    for (SupervisorClient client : OpenClients.all()) {
      text.append("runner ").append(client.runner().runnerId()).append('\n');
      text.append(String.join("\n", client.evidence()).indent(2));
      text.append("  its own report: ").append(copy(name, client)).append('\n');
    }
  }

  private static void javaStacks(StringBuilder text) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long[] deadlocked = threads.findDeadlockedThreads();
    text.append(deadlocked == null ? "no" : deadlocked.length).append(" threads are deadlocked\n");
    for (ThreadInfo thread : threads.dumpAllThreads(true, true, Integer.MAX_VALUE)) {
      text.append('"').append(thread.getThreadName()).append("\" ");
      text.append(thread.getThreadState());
      if (thread.getLockName() != null) {
        text.append(" on ").append(thread.getLockName());
        text.append(" held by ").append(thread.getLockOwnerName());
      }
      text.append('\n');
      for (StackTraceElement frame : thread.getStackTrace()) {
        text.append("    at ").append(frame).append('\n');
      }
    }
  }

  private static Path save(String name, String text) {
    Path file = folder().resolve(fileName(name) + ".txt");
    try {
      Files.createDirectories(folder());
      return Files.write(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the hang report " + file, e);
    }
  }

  private static Path folder() {
    // Beside the evidence of the tests, so below the module's target folder.
    return Path.of(System.getProperty("pyvisor.test.output", "target/test-evidence"))
        .resolveSibling("hang-reports");
  }

  private static String fileName(String name) {
    return name.replaceAll("[^A-Za-z0-9._-]", "_");
  }
}
