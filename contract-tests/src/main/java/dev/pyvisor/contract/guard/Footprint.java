package dev.pyvisor.contract.guard;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;

/**
 * What this JVM holds at one moment that a test may have left: threads, processes, descriptors,
 * temporary files and MBeans, each as a line of text; all of them but {@link Residents}.
 *
 * <p>Immutable.
 */
record Footprint(Set<String> lines) {
  private static final File TEMPORARY = new File(System.getProperty("java.io.tmpdir"));
  private static final Set<String> SHARED = Set.of("/tmp", "/var/tmp");
  private static final String OURS = "pyvisor";
  private static final Pattern HTTP_CLIENT =
      Pattern.compile("thread HttpClient-\\d+-SelectorManager #\\d+");

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
    leaveOutHttpClients(left);
    return left;
  }

  /**
   * The JDK's client of HTTP, which tests use, cannot be closed before Java 21: the collector ends
   * it, and with it a thread and the two descriptors of that thread's selector.
   */
  private static void leaveOutHttpClients(Set<String> left) {
    List<String> clients =
        left.stream().filter(line -> HTTP_CLIENT.matcher(line).matches()).toList();
    clients.forEach(left::remove);
    for (String kind : List.of("anon_inode:[eventpoll]", "anon_inode:[eventfd]")) {
      left.stream()
          .filter(line -> line.startsWith("descriptor ") && line.endsWith(kind))
          .limit(clients.size())
          .toList()
          .forEach(left::remove);
    }
  }

  private static Stream<String> threads() {
    ThreadGroup root = Thread.currentThread().getThreadGroup();
    while (root.getParent() != null) {
      root = root.getParent();
    }
    Thread[] all = new Thread[root.activeCount() * 2 + 64];
    int count = root.enumerate(all);
    return Arrays.stream(all, 0, count)
        .filter(thread -> !Residents.thread(thread.getName()))
        .map(thread -> "thread " + thread.getName() + " #" + thread.getId());
  }

  /** Descendants; and those that are no longer, but were given a private directory of ours. */
  private static Stream<String> processes() {
    String ours = "PYVISOR_DIR=" + TEMPORARY + File.separator;
    return Stream.concat(
            ProcFs.descendants().map(ProcessHandle::pid), ProcFs.withVariable(ours).stream())
        .distinct()
        .map(pid -> "process " + pid);
  }

  private static Stream<String> descriptors() {
    Map<String, String> open = ProcFs.descriptors(ProcessHandle.current().pid());
    return open.entrySet().stream()
        .filter(entry -> !Residents.descriptor(entry.getValue()))
        .map(entry -> "descriptor " + entry.getKey() + " -> " + entry.getValue());
  }

  /** Others use the machine's own directory, too: there only what has our name can be ours. */
  private static Stream<String> files() {
    boolean shared = SHARED.contains(TEMPORARY.getPath());
    return temporaryFiles()
        .map(File::getName)
        .filter(name -> !Residents.file(name))
        .filter(name -> !shared || name.startsWith(OURS))
        .map(name -> "file " + new File(TEMPORARY, name));
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
  static List<Path> directoriesOfRunners() {
    return temporaryFiles()
        .filter(file -> file.getName().startsWith(OURS) && !Residents.file(file.getName()))
        .map(File::toPath)
        .toList();
  }

  private static Stream<File> temporaryFiles() {
    return Stream.ofNullable(TEMPORARY.listFiles()).flatMap(Arrays::stream);
  }

  @Override
  public String toString() {
    return lines.stream().sorted().collect(Collectors.joining("\n"));
  }
}
