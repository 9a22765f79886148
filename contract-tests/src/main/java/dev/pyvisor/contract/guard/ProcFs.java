package dev.pyvisor.contract.guard;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What {@code /proc} says. A process or descriptor that goes away in between is simply not there.
 *
 * <p>Immutable.
 */
final class ProcFs {
  private static final Path PROC = Path.of("/proc");

  private ProcFs() {}

  /** The file below a process's directory as text; empty where there is none or it is private. */
  static Optional<String> read(long pid, String file) {
    try {
      byte[] bytes = Files.readAllBytes(PROC.resolve(Long.toString(pid)).resolve(file));
      return Optional.of(new String(bytes, StandardCharsets.UTF_8));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Descriptor number to what it leads to, as the kernel names it. */
  static Map<String, String> descriptors(long pid) {
    Map<String, String> found = new TreeMap<>();
    for (Path link : list(PROC.resolve(Long.toString(pid)).resolve("fd"))) {
      try {
        found.put(link.getFileName().toString(), Files.readSymbolicLink(link).toString());
      } catch (IOException e) {
        continue;
      }
    }
    return found;
  }

  /** Processes in whose environment, as it was at their start, a line begins so. */
  static List<Long> withVariable(String beginning) {
    List<Long> found = new ArrayList<>();
    for (Path entry : list(PROC)) {
      String name = entry.getFileName().toString();
      if (name.chars().allMatch(Character::isDigit)) {
        long pid = Long.parseLong(name);
        String environment = "\0" + read(pid, "environ").orElse("");
        if (environment.contains("\0" + beginning)) {
          found.add(pid);
        }
      }
    }
    return found;
  }

  /** Every process. */
  static List<Long> all() {
    return list(PROC).stream()
        .map(entry -> entry.getFileName().toString())
        .filter(name -> name.chars().allMatch(Character::isDigit))
        .map(Long::valueOf)
        .collect(Collectors.toList());
  }

  /** The namespace that a process has its number in; empty where that is hidden. */
  static String namespace(long pid) {
    try {
      return Files.readSymbolicLink(PROC.resolve(Long.toString(pid)).resolve("ns/pid")).toString();
    } catch (IOException hidden) {
      return "";
    }
  }

  /** The numbers of a process in the namespaces that it is in, its own the last. */
  static List<Long> numbers(long pid) {
    return read(pid, "status").stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith("NSpid:"))
        .flatMap(line -> Stream.of(line.substring("NSpid:".length()).strip().split("\\s+")))
        .map(Long::valueOf)
        .collect(Collectors.toList());
  }

  /** One line: pid, state, command. */
  static String describe(long pid) {
    String command =
        read(pid, "cmdline").map(text -> text.replace('\0', ' ').strip()).orElse("(gone)");
    String state =
        read(pid, "status").stream()
            .flatMap(String::lines)
            .filter(line -> line.startsWith("State:"))
            .map(line -> line.substring("State:".length()).strip())
            .collect(Collectors.joining());
    return pid + " [" + state + "] " + command;
  }

  /** The threads of a process, each with its state and the kernel function that it sleeps in. */
  static String waiting(long pid) {
    Path tasks = PROC.resolve(Long.toString(pid)).resolve("task");
    StringBuilder text = new StringBuilder();
    for (Path task : list(tasks)) {
      String thread = "task/" + task.getFileName() + "/";
      text.append("  thread ")
          .append(task.getFileName())
          .append(": wchan=")
          .append(read(pid, thread + "wchan").orElse("?"))
          .append(" syscall=")
          .append(read(pid, thread + "syscall").orElse("?").strip())
          .append('\n');
      read(pid, thread + "stack").ifPresent(stack -> text.append(stack.indent(4)));
    }
    return text.toString();
  }

  private static List<Path> list(Path directory) {
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      stream.forEach(entries::add);
    } catch (IOException | DirectoryIteratorException e) {
      return entries;
    }
    return entries;
  }

  /** This process's descendants that have not ended, children first. */
  static Stream<ProcessHandle> descendants() {
    return ProcessHandle.current().descendants().filter(ProcessHandle::isAlive);
  }
}
