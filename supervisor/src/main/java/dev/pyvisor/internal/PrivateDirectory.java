package dev.pyvisor.internal;

import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.DirectoryRemoval;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's own directory: mode 0700, removed with all that is in it when the client closes.
 *
 * <p>Thread-safe: by the monitor of those that are there.
 */
final class PrivateDirectory {
  private static final Logger LOG = LoggerFactory.getLogger(PrivateDirectory.class);
  private static final String PREFIX = "pyvisor-";

  /** Where temporary files are on the systems that runners live on. */
  private static final List<Path> ELSEWHERE = List.of(Path.of("/tmp"), Path.of("/var/tmp"));

  private static final Set<Path> THERE = new HashSet<>();

  /** Guarded by {@link #THERE}. */
  private static boolean ending;

  private PrivateDirectory() {}

  /**
   * Makes one, outside of the workspace where there is one of that name here: what is in it would
   * be files of the user's, to be listed, collected and counted.
   *
   * @throws LaunchFailed when the JVM is ending, so that nobody would remove it
   */
  static Path create(String runnerId, Optional<Path> workspace) {
    OpenClients.watch();
    synchronized (THERE) {
      if (ending) {
        throw new LaunchFailed(runnerId, "the JVM is ending, and starts no runner any more");
      }
      try {
        Path directory = Files.createTempDirectory(parent(workspace), PREFIX + runnerId + "-");
        THERE.add(directory);
        return directory;
      } catch (IOException problem) {
        throw new UncheckedIOException("no private directory can be made", problem);
      }
    }
  }

  private static Path parent(Optional<Path> workspace) throws IOException {
    Path usual = Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();
    if (workspace.isEmpty() || !Files.isDirectory(workspace.get())) {
      return usual; // of a runner on another machine, or one that will be refused
    }
    Path within = workspace.get().toRealPath();
    return Stream.concat(Stream.of(usual), ELSEWHERE.stream())
        .filter(Files::isWritable)
        .filter(parent -> !real(parent).startsWith(within))
        .findFirst()
        .orElse(usual); // the workspace is the whole machine
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException gone) {
      return path;
    }
  }

  /** Removes it; what cannot be removed is named in the log. Links are removed, never followed. */
  static void remove(Path directory) {
    DirectoryRemoval.of(directory)
        .ifPresent(
            problem -> LOG.warn("{} could not be removed: {}", directory, problem.toString()));
    synchronized (THERE) {
      THERE.remove(directory);
    }
  }

  /** At the end of the JVM: of clients that were being started then. */
  static void removeAll() {
    List<Path> left;
    synchronized (THERE) {
      ending = true;
      left = List.copyOf(THERE);
    }
    left.forEach(PrivateDirectory::remove);
  }
}
