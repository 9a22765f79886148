package dev.pyvisor.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's own directory: mode 0700, removed with all that is in it when the client closes.
 *
 * <p>Immutable.
 */
final class PrivateDirectory {
  private static final Logger LOG = LoggerFactory.getLogger(PrivateDirectory.class);
  private static final String PREFIX = "pyvisor-";

  private PrivateDirectory() {}

  static Path create(String runnerId) {
    try {
      return Files.createTempDirectory(PREFIX + runnerId + "-");
    } catch (IOException problem) {
      throw new UncheckedIOException("no private directory can be made", problem);
    }
  }

  /** Removes it; what cannot be removed is named in the log. Links are removed, never followed. */
  static void remove(Path directory) {
    DirectoryRemoval.of(directory)
        .ifPresent(
            problem -> LOG.warn("{} could not be removed: {}", directory, problem.toString()));
  }
}
