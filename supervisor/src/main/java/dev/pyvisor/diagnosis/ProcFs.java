package dev.pyvisor.diagnosis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What {@code /proc} says. What goes away in between, or is another user's, is simply not there.
 *
 * <p>Immutable.
 */
final class ProcFs {
  private static final Path PROC = Path.of("/proc");

  private ProcFs() {}

  static Optional<String> read(long pid, String file) {
    try {
      return Optional.of(new String(Files.readAllBytes(of(pid).resolve(file)), UTF_8));
    } catch (IOException gone) {
      return Optional.empty();
    }
  }

  /** The threads of a process, by number. */
  static List<String> tasks(long pid) {
    return names(of(pid).resolve("task"));
  }

  /** Descriptor to what it leads to, as the kernel names it. */
  static Map<Integer, String> descriptors(long pid) {
    Map<Integer, String> found = new TreeMap<>();
    Path directory = of(pid).resolve("fd");
    for (String name : names(directory)) {
      try {
        found.put(
            Integer.valueOf(name), Files.readSymbolicLink(directory.resolve(name)).toString());
      } catch (IOException gone) {
        continue;
      }
    }
    return found;
  }

  /** Whether it is the first process of a namespace that is not the whole machine's. */
  static boolean isFirst(long pid) {
    return read(pid, "status").stream()
        .flatMap(String::lines)
        .anyMatch(line -> line.matches("NSpid:\\s+\\d+\\s+(\\d+\\s+)*1"));
  }

  /** By this what a process holds open is opened itself, whatever its name leads to by now. */
  static Path descriptor(long pid, int number) {
    return of(pid).resolve("fd").resolve(Integer.toString(number));
  }

  /** All processes, by number. */
  static List<Long> processes() {
    return names(PROC).stream()
        .filter(name -> name.chars().allMatch(Character::isDigit))
        .map(Long::valueOf)
        .toList();
  }

  /** A variable of the environment that the process was started with. */
  static Optional<String> variable(long pid, String name) {
    String begin = name + "=";
    return read(pid, "environ").stream()
        .flatMap(text -> Arrays.stream(text.split("\0")))
        .filter(line -> line.startsWith(begin))
        .map(line -> line.substring(begin.length()))
        .findFirst();
  }

  private static Path of(long pid) {
    return PROC.resolve(Long.toString(pid));
  }

  private static List<String> names(Path directory) {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      entries.forEach(entry -> names.add(entry.getFileName().toString()));
    } catch (IOException | DirectoryIteratorException gone) {
      return names;
    }
    return names;
  }
}
