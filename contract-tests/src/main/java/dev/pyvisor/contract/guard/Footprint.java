package dev.pyvisor.contract.guard;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;

/**
 * What this JVM holds at one moment that a client may have left: threads, processes, descriptors,
 * temporary files and MBeans, each as a line of text.
 *
 * <p>Immutable.
 */
record Footprint(Set<String> lines) {
  static Footprint now() {
    Set<String> lines = new TreeSet<>();
    threads().forEach(lines::add);
    processes().forEach(lines::add);
    descriptors().forEach(lines::add);
    files().forEach(lines::add);
    beans().forEach(lines::add);
    return new Footprint(Set.copyOf(lines));
  }

  /** What is here and was not there {@code before}. */
  Set<String> beyond(Footprint before) {
    Set<String> left = new TreeSet<>(lines);
    left.removeAll(before.lines);
    return left;
  }

  private static Stream<String> threads() {
    Thread[] all = new Thread[Thread.activeCount() * 2 + 64];
    int count = Thread.enumerate(all);
    return Arrays.stream(all, 0, count)
        .filter(Objects::nonNull)
        .filter(thread -> thread.getName().startsWith("runner-"))
        .map(thread -> "thread " + thread.getName() + " #" + thread.getId());
  }

  /** Descendants; and those that are no longer, but were given a private directory of ours. */
  private static Stream<String> processes() {
    String ours = "PYVISOR_DIR=" + System.getProperty("java.io.tmpdir") + File.separator;
    return Stream.concat(
            ProcFs.descendants().map(ProcessHandle::pid), ProcFs.withVariable(ours).stream())
        .distinct()
        .map(pid -> "process " + pid);
  }

  private static Stream<String> descriptors() {
    Map<String, String> open = ProcFs.descriptors(ProcessHandle.current().pid());
    return open.entrySet().stream()
        .filter(
            entry -> entry.getValue().startsWith("pipe:") || entry.getValue().startsWith("socket:"))
        .map(entry -> "descriptor " + entry.getKey() + " -> " + entry.getValue());
  }

  private static Stream<String> files() {
    return temporaryFiles().stream().map(file -> "file " + file);
  }

  private static Stream<String> beans() {
    try {
      return ManagementFactory.getPlatformMBeanServer()
          .queryNames(new ObjectName("dev.pyvisor:*"), null)
          .stream()
          .map(name -> "MBean " + name);
    } catch (MalformedObjectNameException impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** What clients have put into the directory for temporary files. */
  static List<Path> temporaryFiles() {
    File[] temporary = new File(System.getProperty("java.io.tmpdir")).listFiles();
    return temporary == null
        ? List.of()
        : Arrays.stream(temporary)
            .filter(file -> file.getName().startsWith("pyvisor"))
            // Reports of what hangs are meant to stay.
            .filter(file -> !file.getName().startsWith("pyvisor-evidence"))
            .map(File::toPath)
            .toList();
  }

  @Override
  public String toString() {
    return lines.stream().sorted().collect(Collectors.joining("\n"));
  }
}
