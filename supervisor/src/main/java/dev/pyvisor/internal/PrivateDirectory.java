package dev.pyvisor.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;
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
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      Files.walkFileTree(directory, new Removal());
    } catch (IOException problem) {
      LOG.warn("{} could not be removed: {}", directory, problem.toString());
    }
  }

  /**
   * Deletes from the leaves up. User code may have taken permissions away, and may still be
   * deleting itself.
   *
   * <p>Immutable.
   */
  private static final class Removal extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
      directory.toFile().setReadable(true);
      directory.toFile().setWritable(true);
      directory.toFile().setExecutable(true);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.deleteIfExists(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException problem) throws IOException {
      if (problem instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      throw problem;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException problem)
        throws IOException {
      Files.deleteIfExists(directory);
      return FileVisitResult.CONTINUE;
    }
  }
}
