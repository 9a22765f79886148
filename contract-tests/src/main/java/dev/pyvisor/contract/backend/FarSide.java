package dev.pyvisor.contract.backend;

import dev.pyvisor.SupervisorClient;
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
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A runner's process as the system sees it: who started it, with what command, and what its
 * descriptors lead to. The proof of a path is made of this, not of what the host's side says.
 *
 * <p>Immutable.
 *
 * @param pid the supervisor's process, by the number that it has here
 * @param pidInside the same by the number that it has for itself
 * @param command its command line
 * @param parent the process that it is a child of
 * @param descriptors what its descriptors lead to ({@code pipe:[4711]}), by number; empty where the
 *     system does not let this user see them
 * @param namespaces those that it lives in ({@code net} to {@code net:[4711]}), as the system names
 *     them
 */
public record FarSide(
    long pid,
    long pidInside,
    List<String> command,
    long parent,
    Map<Integer, String> descriptors,
    Map<String, String> namespaces) {
  private static final Path PROC = Path.of("/proc");
  private static final String NUMBERS = "NSpid:";

  public FarSide {
    command = List.copyOf(command);
    descriptors = Map.copyOf(descriptors);
    namespaces = Map.copyOf(namespaces);
  }

  /** The process behind a client. */
  public static FarSide of(SupervisorClient client) {
    return of(client.runner().pid());
  }

  static FarSide of(long pid) {
    List<String> command = List.of(read(pid, "cmdline").split("\0"));
    String stat = read(pid, "stat");
    // The name before it may hold anything; what follows its bracket is the state, then the parent.
    String[] facts = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return new FarSide(
        pid, pidInside(pid), command, Long.parseLong(facts[1]), descriptors(pid), namespaces(pid));
  }

  /** Whether this process started it. */
  public boolean isChildOfHost() {
    return parent == ProcessHandle.current().pid();
  }

  /**
   * The pipes that both this process and the runner hold an end of, as the system names them; empty
   * where the system does not let this user see the runner's.
   */
  public Optional<Set<String>> pipesToHost() {
    if (descriptors.isEmpty()) {
      return Optional.empty();
    }
    Set<String> shared = new TreeSet<>(descriptors.values());
    shared.removeIf(target -> !target.startsWith("pipe:"));
    shared.retainAll(descriptors(ProcessHandle.current().pid()).values());
    return Optional.of(shared);
  }

  /** The process that started it. */
  public FarSide above() {
    return of(parent);
  }

  /** The kinds of namespaces that it shares with this process. */
  public Set<String> sharedNamespaces() {
    Map<String, String> ours = namespaces(ProcessHandle.current().pid());
    Set<String> shared = new TreeSet<>(namespaces.keySet());
    shared.removeIf(kind -> !namespaces.get(kind).equals(ours.get(kind)));
    return shared;
  }

  private static long pidInside(long pid) {
    String[] numbers =
        read(pid, "status")
            .lines()
            .filter(line -> line.startsWith(NUMBERS))
            .findFirst()
            .orElseThrow()
            .split("\\s+");
    return Long.parseLong(numbers[numbers.length - 1]);
  }

  private static Map<String, String> namespaces(long pid) {
    Map<String, String> found = new TreeMap<>();
    for (Path link : list(PROC.resolve(Long.toString(pid)).resolve("ns"))) {
      try {
        found.put(link.getFileName().toString(), Files.readSymbolicLink(link).toString());
      } catch (IOException hidden) {
        continue;
      }
    }
    return found;
  }

  private static String read(long pid, String file) {
    Path path = PROC.resolve(Long.toString(pid)).resolve(file);
    try {
      return new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
    } catch (IOException gone) {
      throw new AssertionError("the runner says that it is process " + pid + ", but " + gone, gone);
    }
  }

  private static Map<Integer, String> descriptors(long pid) {
    Map<Integer, String> found = new TreeMap<>();
    for (Path link : list(PROC.resolve(Long.toString(pid)).resolve("fd"))) {
      try {
        String target = Files.readSymbolicLink(link).toString();
        found.put(Integer.valueOf(link.getFileName().toString()), target);
      } catch (IOException closed) {
        continue;
      }
    }
    return found;
  }

  private static List<Path> list(Path folder) {
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
      stream.forEach(entries::add);
    } catch (IOException | DirectoryIteratorException hidden) {
      return List.of();
    }
    return entries;
  }
}
