package dev.pyvisor.transport;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One client's hold of a kept container: for as long as it is open, and no longer than its process
 * lives, for the system holds it.
 *
 * <p>Thread-safe: by a concurrent set and the system's own lock.
 */
public final class KeptLock {
  /**
   * Those of this process. The system's lock is a process's, and ends when that closes the file,
   * however often it has it open: a second try must not even open it.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private KeptLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Takes it.
   *
   * @param runnerId who asks, for the error
   * @throws LaunchFailed when another client has it, of this process or another
   */
  public static KeptLock take(String runnerId, KeptFolder folder) {
    Path file = folder.lock();
    if (!HELD.add(file)) {
      throw taken(runnerId, folder);
    }
    try {
      Files.createDirectories(
          file.getParent(),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return new KeptLock(file, channel);
      }
      channel.close();
      HELD.remove(file);
    } catch (IOException problem) {
      HELD.remove(file);
      throw new LaunchFailed(
          runnerId,
          "the container '" + folder.name() + "' cannot be held: " + problem.getMessage(),
          problem);
    }
    throw taken(runnerId, folder);
  }

  private static LaunchFailed taken(String runnerId, KeptFolder folder) {
    return new LaunchFailed(
        runnerId,
        ErrorCode.INVALID_ARGUMENT,
        "the container '"
            + folder.name()
            + "' is used by another client, and is for one at a time; close that one, or choose"
            + " another name with container(...)",
        null);
  }

  /** Lets others have it; what is released already stays so. */
  public void release() {
    try {
      if (channel.isOpen()) {
        channel.close();
        HELD.remove(file);
      }
    } catch (IOException problem) {
      // The system ends the lock with the descriptor, which is closed whatever is told.
      HELD.remove(file);
    }
  }
}
