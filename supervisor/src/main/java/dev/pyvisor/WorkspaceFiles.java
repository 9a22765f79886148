package dev.pyvisor;

import dev.pyvisor.internal.FileVerbs;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The files of a session's workspace. A path there is relative to it, names with a {@code /}
 * between them; one that is absolute or has a {@code ..} is refused, and so is a link anywhere in
 * it.
 *
 * <p>All of it works while a cell runs, and from a tool or a listener, too; a listener of a
 * transfer does not wait for another one of its session, which is refused with {@code
 * REENTRANT_CALL}. A file or a directory has its name when all of it is there, on both sides:
 * whatever fails, nothing half-done is left. A file that changes while it is copied is refused. At
 * most four of a session run at a time; others wait for them. An interrupt of the waiting thread,
 * or the cancelling of the future, gives the transfer up at its next step.
 *
 * <p>What is refused is a {@link dev.pyvisor.error.CallFailed}: {@code FILE_NOT_FOUND}, {@code
 * FILE_EXISTS}, {@code FILE_REFUSED} for what is no regular file or may not be read, {@code
 * FILE_CHANGED}, {@code INVALID_ARGUMENT} for a path, {@code MESSAGE_TOO_LARGE} beyond {@link
 * Defaults#TRANSFER_BYTES} or 100,000 entries, {@code RESOURCE_EXHAUSTED} where the workspace has
 * no room.
 *
 * <p>Thread-safe: every method may be called from any thread.
 */
public final class WorkspaceFiles {
  private final FileVerbs verbs;

  WorkspaceFiles(FileVerbs verbs) {
    this.verbs = verbs;
  }

  /**
   * Copies a file or a whole directory of this machine into the workspace. Directories that are
   * missing on the way are made. A directory with a link or a device in it is refused.
   *
   * @param path what it is called there
   */
  public void put(Path host, String path) {
    put(host, path, Transfer.plain());
  }

  /** Like {@link #put(Path, String)}. */
  public void put(Path host, String path, Transfer how) {
    verbs.await(() -> verbs.put(host, path, how), "put " + path);
  }

  /** Like {@link #put(Path, String)}, without waiting. */
  public CompletableFuture<Void> putAsync(Path host, String path, Transfer how) {
    return verbs.published(verbs.put(host, path, how));
  }

  /** Makes a directory, with those above it; it may be there already. */
  public void mkdir(String path) {
    verbs.await(() -> verbs.mkdir(path), "mkdir " + path);
  }

  /** Like {@link #mkdir}, without waiting. */
  public CompletableFuture<Void> mkdirAsync(String path) {
    return verbs.published(verbs.mkdir(path));
  }

  /**
   * The regular files in a directory and below, sorted by path; none where it is not there. What is
   * no file, such as a link, is not listed.
   *
   * @param path empty for the whole workspace
   */
  public List<WorkspaceFile> list(String path) {
    return verbs.await(() -> verbs.list(path), "list " + path);
  }

  /** Like {@link #list}, without waiting. */
  public CompletableFuture<List<WorkspaceFile>> listAsync(String path) {
    return verbs.published(verbs.list(path));
  }

  /**
   * Copies a file or a whole directory of the workspace to this machine. Directories that are
   * missing on the way are made. A directory with a link or a device in it is refused.
   *
   * @param host what it is called here
   */
  public void collect(String path, Path host) {
    collect(path, host, Transfer.plain());
  }

  /** Like {@link #collect(String, Path)}. */
  public void collect(String path, Path host, Transfer how) {
    verbs.await(() -> verbs.collect(path, host, how), "collect " + path);
  }

  /** Like {@link #collect(String, Path)}, without waiting. */
  public CompletableFuture<Void> collectAsync(String path, Path host, Transfer how) {
    return verbs.published(verbs.collect(path, host, how));
  }
}
