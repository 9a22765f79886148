package dev.pyvisor.transport;

import dev.pyvisor.Defaults;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Removes a directory with all that is in it, beside code that may still live and change it.
 *
 * <p>Whoever removes by path looks what a name is, and opens it a moment later; code that puts a
 * link in the place of a directory in between has the host, perhaps root, empty another directory.
 * So every name here is one of a directory that is held open. It is opened as {@code NAME/.}, which
 * nothing but a directory has: a pipe in its place would be waited for. That follows a link, so
 * what was opened must be the very directory that was looked at; nothing else is touched.
 *
 * <p>Confined to the thread that removes.
 */
public final class DirectoryRemoval {
  private static final Set<PosixFilePermission> OURS =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private static final String MOVED = "pyvisor-moved-";

  private final Path directory;
  private @Nullable IOException problem;
  private int noted;
  private int moved;
  private int retries;

  private DirectoryRemoval(Path directory) {
    this.directory = directory;
  }

  /** Removes what can be removed; then the first reason why something is left, if anything is. */
  public static Optional<IOException> of(Path directory) {
    DirectoryRemoval removal = new DirectoryRemoval(directory.toAbsolutePath());
    try {
      removal.run();
    } catch (IOException failed) {
      removal.note(failed);
    }
    return removal.left();
  }

  /** The same where the directory around it is held open. */
  public static Optional<IOException> of(SecureDirectoryStream<Path> parent, Path directory) {
    DirectoryRemoval removal = new DirectoryRemoval(directory);
    removal.remove(parent, directory, parent, 0);
    return removal.left();
  }

  private Optional<IOException> left() {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    return Optional.of(problem == null ? new FileSystemException(directory.toString()) : problem);
  }

  private void run() throws IOException {
    Path parent = directory.getParent();
    if (parent == null) {
      throw new FileSystemException(directory.toString(), null, "is no directory in another");
    }
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(parent)) {
      if (stream instanceof SecureDirectoryStream<Path> held) {
        remove(held, directory, held, 0);
        return;
      }
    }
    byPath();
  }

  /** On a system without such streams no runner is started, and all that is there is our own. */
  private void byPath() throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  /**
   * Removes a name of a directory that is held.
   *
   * @param path where that name is, for people, and for what cannot be done otherwise
   * @param top the directory that all this is about, once it is held
   */
  private void remove(
      SecureDirectoryStream<Path> parent, Path path, SecureDirectoryStream<Path> top, int depth) {
    Path name = path.getFileName();
    for (int tries = 1; ; tries++) {
      int movedBefore = moved;
      int notedBefore = noted;
      try {
        BasicFileAttributes seen =
            parent
                .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes();
        if (!seen.isDirectory()) {
          parent.deleteFile(name);
        } else if (depth > Defaults.REMOVAL_DEPTH) {
          moveUp(parent, path, top);
        } else {
          empty(parent, path, top, seen, depth);
          if (noted > notedBefore && moved == movedBefore) {
            return; // what is left in it has been told, and another try would be one of all in it
          }
          parent.deleteDirectory(name);
        }
        return;
      } catch (NoSuchFileException gone) {
        return;
      } catch (IOException failed) {
        if (depth == 0 && moved > movedBefore) {
          continue; // what was moved up is there to be removed, now that nothing is around it
        }
        if (tries >= Defaults.REMOVAL_TRIES || retries == Defaults.REMOVAL_RETRIES) {
          note(failed);
          return;
        }
        retries++;
      }
    }
  }

  private void empty(
      SecureDirectoryStream<Path> parent,
      Path path,
      SecureDirectoryStream<Path> top,
      BasicFileAttributes seen,
      int depth)
      throws IOException {
    try (SecureDirectoryStream<Path> held = open(parent, path)) {
      PosixFileAttributeView view = held.getFileAttributeView(PosixFileAttributeView.class);
      if (!Objects.equals(seen.fileKey(), view.readAttributes().fileKey())) {
        throw new FileSystemException(path.toString(), null, "was replaced meanwhile");
      }
      if (!view.readAttributes().permissions().containsAll(OURS)) {
        view.setPermissions(OURS);
      }
      for (Path entry : held) {
        remove(held, path.resolve(entry.getFileName()), depth == 0 ? held : top, depth + 1);
      }
    } catch (DirectoryIteratorException failed) {
      throw failed.getCause();
    }
  }

  private static SecureDirectoryStream<Path> open(SecureDirectoryStream<Path> parent, Path path)
      throws IOException {
    Path itself = path.getFileName().resolve(".");
    try {
      return parent.newDirectoryStream(itself, LinkOption.NOFOLLOW_LINKS);
    } catch (AccessDeniedException closed) {
      // Code has closed it to its owner, who is us. What cannot be opened has its rights changed by
      // path only: if a link is there by now, its target gets what its owner could give to himself.
      path.toFile().setReadable(true);
      path.toFile().setExecutable(true);
      return parent.newDirectoryStream(itself, LinkOption.NOFOLLOW_LINKS);
    }
  }

  /** A directory in very many others: each that is held takes descriptors. */
  private void moveUp(
      SecureDirectoryStream<Path> parent, Path path, SecureDirectoryStream<Path> top)
      throws IOException {
    if (moved == Defaults.REMOVAL_MOVES) {
      throw new FileSystemException(path.toString(), null, "is nested too deep");
    }
    parent.move(path.getFileName(), top, Path.of(MOVED + moved));
    moved++;
  }

  private void note(IOException failed) {
    noted++;
    if (problem == null) {
      problem = failed;
    }
  }
}
