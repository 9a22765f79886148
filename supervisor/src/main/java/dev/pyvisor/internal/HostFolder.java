package dev.pyvisor.internal;

import dev.pyvisor.transport.DirectoryRemoval;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import java.util.Set;

/**
 * A directory of this machine that is held open: what is done in it is done in that one, whatever
 * has its path by then, and through no link.
 *
 * <p>Confined to the thread that copies.
 */
final class HostFolder implements AutoCloseable {
  private final Path path;
  private final SecureDirectoryStream<Path> stream;

  private HostFolder(Path path, DirectoryStream<Path> opened) throws IOException {
    this.path = path;
    if (!(opened instanceof SecureDirectoryStream<Path> secure)) {
      opened.close();
      throw new FileSystemException(
          path.toString(),
          null,
          "this system's Java cannot hold a directory open; collect on Linux");
    }
    this.stream = secure;
  }

  static HostFolder open(Path path) throws IOException {
    return new HostFolder(path, Files.newDirectoryStream(path));
  }

  HostFolder below(String name) throws IOException {
    return new HostFolder(
        path.resolve(name), stream.newDirectoryStream(Path.of(name), LinkOption.NOFOLLOW_LINKS));
  }

  /**
   * Makes a directory and opens it. Java makes one by its path only; that the one here is it, and
   * no link, is seen when it is opened.
   */
  HostFolder make(String name) throws IOException {
    Files.createDirectory(path.resolve(name));
    return below(name);
  }

  SeekableByteChannel create(String name) throws IOException {
    return stream.newByteChannel(
        Path.of(name),
        Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW, LinkOption.NOFOLLOW_LINKS));
  }

  Optional<BasicFileAttributes> attributes(String name) throws IOException {
    try {
      return Optional.of(
          stream
              .getFileAttributeView(
                  Path.of(name), BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
              .readAttributes());
    } catch (NoSuchFileException none) {
      return Optional.empty();
    }
  }

  void adorn(String name, FileTime modified, boolean executable) throws IOException {
    PosixFileAttributeView view =
        stream.getFileAttributeView(
            Path.of(name), PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    if (executable) {
      Set<PosixFilePermission> permissions = view.readAttributes().permissions();
      permissions.add(PosixFilePermission.OWNER_EXECUTE);
      view.setPermissions(permissions);
    }
    view.setTimes(modified, null, null);
  }

  /**
   * Gives a file another name, unless something has that one by now. Java makes a second name by
   * path only; nobody but this process knows the first, so no other directory has it.
   *
   * @throws FileAlreadyExistsException when there is something of that name
   */
  void renameToNew(String from, String to) throws IOException {
    try {
      Files.createLink(path.resolve(to), path.resolve(from));
    } catch (FileAlreadyExistsException there) {
      throw there;
    } catch (UnsupportedOperationException | FileSystemException without) {
      rename(from, to); // of a file system that has no second names
      return;
    }
    stream.deleteFile(Path.of(from));
  }

  /** In one step; replaces a file that is there. */
  void rename(String from, String to) throws IOException {
    stream.move(Path.of(from), stream, Path.of(to));
  }

  /** Removes what is there and below; links are removed, never followed. */
  void remove(String name) throws IOException {
    Optional<IOException> left = DirectoryRemoval.of(stream, path.resolve(name));
    if (left.isPresent()) {
      throw left.get();
    }
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
