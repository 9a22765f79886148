package dev.pyvisor.transport.launch;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.Input;
import dev.pyvisor.transport.TransportConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the inputs of a client are on this machine when a runner is started.
 *
 * <p>Immutable.
 */
final class InputFiles {
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
  private static final int MOUNTED_ON = 4;

  private InputFiles() {}

  /**
   * Where an input is, with all links followed: what is shown is what was looked at.
   *
   * @throws LaunchFailed when there is no such file or folder
   */
  static Path source(String runnerId, Input input) {
    Path source;
    try {
      source = input.host().toRealPath();
    } catch (IOException missing) {
      throw refused(
          runnerId,
          input,
          "cannot be found from " + Path.of("").toAbsolutePath() + " (" + missing + ")",
          "name a file or folder that is there, or leave it out");
    }
    if (!Files.isRegularFile(source) && !Files.isDirectory(source)) {
      throw refused(
          runnerId,
          input,
          "is neither a file nor a folder, and what is no file can be written to through a mount"
              + " that is read-only",
          "name a file with what it holds");
    }
    return source;
  }

  /**
   * Refuses inputs with another file system in them: podman and docker make the mount that they are
   * asked for read-only, and none below it.
   */
  static void requireWhole(TransportConfig config) {
    for (Input input : config.sandbox().inputs()) {
      Path source = source(config.runnerId(), input);
      mountedIn(source, mounts(config.runnerId(), input))
          .ifPresent(
              inside -> {
                throw refused(
                    config.runnerId(),
                    input,
                    "has another file system in it, at "
                        + inside
                        + ", which a container's code"
                        + " could write to",
                    "name what is in it one by one, or use the launcher bubblewrap");
              });
    }
  }

  private static List<String> mounts(String runnerId, Input input) {
    try {
      return Files.readAllLines(MOUNTS);
    } catch (IOException unreadable) {
      throw refused(
          runnerId,
          input,
          "may have other file systems in it, and they cannot be seen (" + unreadable + ")",
          "leave it out, or use the launcher bubblewrap");
    }
  }

  /** {@code lines}: as {@code /proc/self/mountinfo} has them, blanks in octal. */
  static Optional<Path> mountedIn(Path folder, List<String> lines) {
    return lines.stream()
        .map(line -> line.split(" "))
        .filter(words -> words.length > MOUNTED_ON)
        .map(words -> plain(words[MOUNTED_ON]))
        .map(Path::of)
        .filter(place -> place.startsWith(folder) && !place.equals(folder))
        .findFirst();
  }

  private static String plain(String word) {
    return word.replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }

  static LaunchFailed refused(String runnerId, Input input, String why, String fix) {
    return new LaunchFailed(
        runnerId,
        ErrorCode.INVALID_ARGUMENT,
        "the input " + input.host() + " " + why + "; " + fix,
        null);
  }
}
