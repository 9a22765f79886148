package dev.pyvisor.log;

import dev.pyvisor.Defaults;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file that lines are added to, by clients of this and of other JVMs at the same time. One that
 * is as large as it may be takes the place of the one before it, under the same name with {@code
 * .1} behind it.
 *
 * <p>A line goes out in one write to a file that is open for appending, which no other write can
 * come between. Who finds the file full takes the lock on it and renames it, unless it has another
 * name by then. Whoever else has it open sees before its next lines that the name means another
 * file, and opens that.
 *
 * <p>Confined to the thread that writes.
 */
final class LogFile implements Closeable {
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  /**
   * Of this JVM one renames or closes at a time: locks on files are the process's, and to close one
   * channel gives up those that others have on the same file.
   */
  private static final Object HANDOVER = new Object();

  /** Times that another client may be faster. */
  private static final int TRIES = 10;

  private final Path path;
  private final long most;
  private FileChannel channel;
  private Object key;

  private LogFile(Path path, long most, Opened opened) {
    this.path = path;
    this.most = most;
    this.channel = opened.channel;
    this.key = opened.key;
  }

  /**
   * What the name means at the moment.
   *
   * <p>Immutable.
   */
  private record Opened(FileChannel channel, Object key) {}

  /** Makes the file where there is none, with mode 0600. */
  static LogFile open(Path path) throws IOException {
    return open(path, Defaults.LOG_FILE);
  }

  static LogFile open(Path path, long most) throws IOException {
    // A link leads to the file that is renamed, and stays.
    Path real = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
    return new LogFile(real, most, opened(real));
  }

  private static Opened opened(Path path) throws IOException {
    for (int tries = 0; tries < TRIES; tries++) {
      Object before = keyOf(path);
      FileChannel channel;
      try {
        channel =
            before == null
                ? FileChannel.open(
                    path,
                    EnumSet.of(
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.APPEND),
                    PRIVATE)
                : FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
      } catch (FileAlreadyExistsException | NoSuchFileException raced) {
        if (before == null && raced instanceof NoSuchFileException) {
          throw raced; // there is no such directory
        }
        continue;
      }
      Object after = keyOf(path);
      if (after != null && (before == null || before.equals(after))) {
        return new Opened(channel, after);
      }
      synchronized (HANDOVER) {
        channel.close();
      }
    }
    throw new IOException(path + " becomes another file again and again, or is a broken link");
  }

  /** What tells the file from others; null where there is none. A pipe or device is refused. */
  private static @Nullable Object keyOf(Path path) throws IOException {
    BasicFileAttributes found;
    try {
      found = Files.readAttributes(path, BasicFileAttributes.class);
    } catch (NoSuchFileException none) {
      return null;
    }
    if (!found.isRegularFile()) {
      // To open a pipe would wait for its reader, and a device is not ours to fill.
      throw new IOException(path + " is no regular file; name one, or a name that is free");
    }
    return Objects.requireNonNull(found.fileKey(), "a system without file keys");
  }

  /** Before some lines: the name may mean another file by now. */
  void refresh() throws IOException {
    if (!key.equals(keyOf(path))) {
      reopen();
    }
  }

  void write(byte[] line) throws IOException {
    if (channel.size() > 0 && channel.size() + line.length > most) {
      rotate();
    }
    ByteBuffer left = ByteBuffer.wrap(line);
    while (left.hasRemaining()) {
      channel.write(left);
    }
  }

  private void rotate() throws IOException {
    synchronized (HANDOVER) {
      try (FileLock lock = channel.tryLock()) {
        // Who does not get the lock goes on here: another JVM renames the file meanwhile.
        if (lock != null && key.equals(keyOf(path))) {
          Files.move(
              path,
              path.resolveSibling(path.getFileName() + ".1"),
              StandardCopyOption.REPLACE_EXISTING,
              StandardCopyOption.ATOMIC_MOVE);
        }
      } catch (NoSuchFileException raced) {
        // The number of a file that is gone may be that of the next one: what was opened between
        // the two is locked apart from it, and another JVM has renamed it. What follows mends that.
      }
    }
    refresh();
  }

  private void reopen() throws IOException {
    Opened next = opened(path);
    close();
    channel = next.channel;
    key = next.key;
  }

  @Override
  public void close() throws IOException {
    synchronized (HANDOVER) {
      channel.close();
    }
  }
}
