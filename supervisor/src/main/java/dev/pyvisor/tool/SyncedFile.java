package dev.pyvisor.tool;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How a tool gets a file of the session's workspace: as a copy on the host, whose path has the same
 * last name. Python passes a path; one that is not below the workspace is refused there.
 *
 * <p>Immutable.
 *
 * @param writeBack whether the file, where the tool has changed it, replaces the one in the
 *     workspace when the tool has returned
 * @param directory where the copy is made and stays; empty: in a new directory that is removed when
 *     the tool's thread is done with the call
 */
public record SyncedFile(boolean writeBack, Optional<Path> directory) {

  /** A copy that is written back. */
  public static SyncedFile writtenBack() {
    return new SyncedFile(true, Optional.empty());
  }

  /** A copy whose changes nobody sees. */
  public static SyncedFile readOnly() {
    return new SyncedFile(false, Optional.empty());
  }

  /**
   * The same, in a directory of the caller's, which is made where it is missing and never removed.
   * A file of that name there is replaced.
   */
  public SyncedFile in(Path kept) {
    return new SyncedFile(writeBack, Optional.of(kept));
  }
}
