package dev.pyvisor.transport.process;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Processes that have a number of their own in a namespace, by that number.
 *
 * <p>Immutable.
 */
final class NestedPids {
  private static final Path PROC = Path.of("/proc");
  private static final String NUMBERS = "NSpid:";

  private NestedPids() {}

  /**
   * The number on this machine of the runner's process that has that number where it lives; empty
   * where there is none.
   *
   * @param root the process that was started; others, as those of a container, are known by the tag
   */
  static OptionalLong find(ProcessHandle root, String runnerId, long told) {
    Set<Long> below =
        Stream.concat(Stream.of(root), root.descendants())
            .map(ProcessHandle::pid)
            .collect(Collectors.toSet());
    List<Long> found = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path process : processes) {
        if (isNested(process, told)) {
          found.add(Long.valueOf(process.getFileName().toString()));
        }
      }
    } catch (IOException noProc) {
      return OptionalLong.empty();
    }
    return Stream.concat(
            found.stream().filter(below::contains),
            found.stream().filter(pid -> TaggedProcesses.isTagged(pid, runnerId)))
        .mapToLong(Long::longValue)
        .findFirst();
  }

  private static boolean isNested(Path process, long told) {
    try {
      return Files.readString(process.resolve("status"), ISO_8859_1)
          .lines()
          .filter(line -> line.startsWith(NUMBERS))
          .map(line -> line.substring(NUMBERS.length()).strip().split("\\s+"))
          .anyMatch(
              numbers -> numbers.length > 1 && Long.parseLong(numbers[numbers.length - 1]) == told);
    } catch (IOException gone) {
      return false;
    }
  }
}
