package dev.pyvisor.internal;

import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.DirectoryRemoval;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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

  private static final Set<Path> THERE = new HashSet<>();

  /** Guarded by {@link #THERE}. */
  private static boolean ending;

  private PrivateDirectory() {}

  /**
   * Makes one.
   *
   * @throws LaunchFailed when the JVM is ending, so that nobody would remove it
   */
  static Path create(String runnerId) {
    OpenClients.watch();
    synchronized (THERE) {
      if (ending) {
        throw new LaunchFailed(runnerId, "the JVM is ending, and starts no runner any more");
      }
      try {
        Path directory = Files.createTempDirectory(PREFIX + runnerId + "-");
        THERE.add(directory);
        return directory;
      } catch (IOException problem) {
        throw new UncheckedIOException("no private directory can be made", problem);
      }
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
