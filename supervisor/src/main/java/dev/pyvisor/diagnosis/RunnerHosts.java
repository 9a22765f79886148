package dev.pyvisor.diagnosis;

import dev.pyvisor.Defaults;
import dev.pyvisor.transport.RunnerTag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * JVMs of this machine that have runners, and what can be told of a runner when its JVM does not
 * answer: from {@code /proc} and from the stacks that its processes write.
 *
 * <p>Immutable.
 */
public final class RunnerHosts {
  private static final int SIGQUIT = 3;

  private RunnerHosts() {}

  /** The JVMs of this user that have a runner, but for this one. */
  public static List<Long> all() {
    TreeSet<Long> hosts = new TreeSet<>();
    long self = ProcessHandle.current().pid();
    for (long pid : ProcFs.processes()) {
      if (isOwn(pid) && ProcFs.variable(pid, RunnerTag.NAME).isPresent()) {
        host(pid).filter(host -> host != self).ifPresent(hosts::add);
      }
    }
    return List.copyOf(hosts);
  }

  /** The ids of the runners that a JVM has started and that live. */
  public static List<String> runners(long host) {
    TreeSet<String> ids = new TreeSet<>();
    ProcessHandle.of(host).stream()
        .flatMap(ProcessHandle::descendants)
        .forEach(process -> ProcFs.variable(process.pid(), RunnerTag.NAME).ifPresent(ids::add));
    return List.copyOf(ids);
  }

  /**
   * Writes a report without the help of the JVM: its own files are missing in it.
   *
   * @param why what the JVM did when it was asked
   * @return the folder
   */
  public static Path report(long host, String runnerId, String why) throws IOException {
    ReportFolder folder =
        new ReportFolder(
            new EvidenceDirectory(Defaults.evidenceDirectory()).create(runnerId, Instant.now()),
            ReportFolder.Disk.REAL);
    folder.save("java-stacks.txt", why + "\n");
    Optional<ProcessFacts> jvm = ProcessFacts.of(host);
    OptionalLong supervisor = supervisor(host, runnerId);
    ProcessReport processes =
        new ProcessReport(
            supervisor,
            ProcessHandle.of(host)
                .map(handle -> RunnerProcesses.of(handle, supervisor, runnerId))
                .orElse(List.of()));
    folder.save("proc.txt", jvm.map(ProcessFacts::details).orElse("") + "\n" + processes.facts());
    processes.askForStacks(directory(processes), Defaults.EVIDENCE_LIMIT);
    folder.save("python-stacks.txt", processes.stacks());
    List<String> parts = new ArrayList<>();
    jvm.filter(ProcessFacts::stopped)
        .ifPresent(found -> parts.add("stopped: the JVM (process " + host + ") is stopped"));
    parts.add(processes.verdict());
    parts.add(why);
    parts.addAll(folder.failures());
    folder.save("verdict.txt", Plain.line(String.join("; ", parts)) + "\n");
    return folder.path();
  }

  /**
   * The child of the JVM that all of the runner descends from; where that only made a sandbox, the
   * first process in it.
   */
  private static OptionalLong supervisor(long host, String runnerId) {
    return ProcessHandle.of(host).stream()
        .flatMap(ProcessHandle::children)
        .filter(
            child ->
                Stream.concat(Stream.of(child), child.descendants())
                    .anyMatch(
                        process ->
                            ProcFs.variable(process.pid(), RunnerTag.NAME)
                                .filter(runnerId::equals)
                                .isPresent()))
        .mapToLong(RunnerHosts::inSandbox)
        .findFirst();
  }

  private static long inSandbox(ProcessHandle child) {
    return child
        .children()
        .map(ProcessHandle::pid)
        .filter(ProcFs::isFirst)
        .findFirst()
        .orElse(child.pid());
  }

  private static Path directory(ProcessReport processes) {
    return processes.processes().stream()
        .flatMap(process -> ProcFs.variable(process.pid(), RunnerTag.DIRECTORY).stream())
        .findFirst()
        .map(Path::of)
        .orElse(Path.of("/nonexistent"));
  }

  private static Optional<Long> host(long pid) {
    Optional<ProcessHandle> process = ProcessHandle.of(pid).flatMap(ProcessHandle::parent);
    while (process.isPresent() && !isJvm(process.get().pid())) {
      process = process.flatMap(ProcessHandle::parent);
    }
    return process.map(ProcessHandle::pid);
  }

  /**
   * Whether a process is a JVM that can be attached to. Attaching begins with a signal that ends a
   * process without a handler for it: any other program, and a JVM that was started with {@code
   * -Xrs}.
   */
  public static boolean canBeAsked(long pid) {
    return isJvm(pid) && ProcessFacts.catches(pid, SIGQUIT);
  }

  private static boolean isJvm(long pid) {
    return ProcFs.read(pid, "maps").filter(maps -> maps.contains("/libjvm.so")).isPresent();
  }

  private static boolean isOwn(long pid) {
    try {
      return Files.getAttribute(Path.of("/proc", Long.toString(pid)), "unix:uid")
          .equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    } catch (IOException gone) {
      return false;
    }
  }
}
