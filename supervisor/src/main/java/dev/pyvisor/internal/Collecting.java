package dev.pyvisor.internal;

import dev.pyvisor.Transfer;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.wire.Fields;
import dev.pyvisor.wire.Limits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Copies a file or a directory of a workspace to this machine: under a name of its own beside the
 * target, until all of it is there. What the runner says is the guest's word.
 *
 * <p>Confined to the thread that copies.
 */
final class Collecting {
  private static final String METHOD = "file.read";

  private final FileCalls calls;
  private final Transfer how;
  private final @Nullable Path workspace;

  /** {@code workspace}: where the session's is, if that is a path of this machine. */
  Collecting(FileCalls calls, Transfer how, @Nullable Path workspace) {
    this.calls = calls;
    this.how = how;
    this.workspace = workspace;
  }

  void collect(String path, Path host) throws IOException {
    Path target = host.toAbsolutePath().normalize();
    if (target.getFileName() == null || target.getParent() == null) {
      throw calls.failed(ErrorCode.INVALID_ARGUMENT, "'" + host + "' is no name for a file");
    }
    FileCalls.Answer first = calls.ask(METHOD, calls.params().put("path", path));
    Deque<Path> made = new ArrayDeque<>();
    try {
      Path parent = parent(target, made);
      refuseWithin(parent, target);
      String name = target.getFileName().toString();
      String staged = ".pyvisor-" + UUID.randomUUID() + ".part";
      try (HostFolder folder = HostFolder.open(parent)) {
        refuseWhatIsThere(folder, name, first, target);
        try {
          fetch(folder, staged, path, first);
          refuseWhatIsThere(folder, name, first, target);
          if (isDirectory(first) || how.collision() == Transfer.Collision.REPLACE) {
            folder.rename(staged, name);
          } else {
            folder.renameToNew(staged, name);
          }
        } catch (IOException | RuntimeException | Error failed) {
          folder.remove(staged);
          throw failed;
        }
      }
    } catch (IOException | RuntimeException | Error failed) {
      end(first);
      takeBack(made);
      throw failed;
    }
  }

  // ---- the target ----

  private static Path parent(Path target, Deque<Path> made) throws IOException {
    Deque<Path> missing = new ArrayDeque<>();
    Path at = target.getParent();
    while (at != null && !Files.exists(at)) {
      missing.push(at);
      at = at.getParent();
    }
    for (Path each : missing) {
      if (create(each)) {
        made.push(each);
      }
    }
    return target.getParent().toRealPath();
  }

  /** False where somebody else has made it meanwhile. */
  private static boolean create(Path directory) throws IOException {
    try {
      Files.createDirectory(directory);
      return true;
    } catch (FileAlreadyExistsException there) {
      if (!Files.isDirectory(directory)) {
        throw there;
      }
      return false;
    }
  }

  /** What was made for nothing; not what somebody else has put something into. */
  private static void takeBack(Deque<Path> made) throws IOException {
    try {
      for (Path each : made) {
        Files.deleteIfExists(each);
      }
    } catch (DirectoryNotEmptyException used) {
      // And so those above it are not empty, either.
    }
  }

  /** There the code could exchange directories while we make them. */
  private void refuseWithin(Path parent, Path target) throws IOException {
    if (workspace != null
        && Files.isDirectory(workspace)
        && parent.startsWith(workspace.toRealPath())) {
      throw calls.failed(
          ErrorCode.FILE_REFUSED,
          "'" + target + "' lies in the workspace itself, " + workspace + "; collect it elsewhere");
    }
  }

  private void refuseWhatIsThere(
      HostFolder folder, String name, FileCalls.Answer first, Path target) throws IOException {
    BasicFileAttributes found = folder.attributes(name).orElse(null);
    boolean isFile = found != null && found.isRegularFile() && !isDirectory(first);
    if (found == null || (isFile && how.collision() == Transfer.Collision.REPLACE)) {
      return;
    }
    throw calls.failed(
        ErrorCode.FILE_EXISTS,
        "there is something at '"
            + target
            + "' already; choose another name"
            + (isFile ? ", or ask for it to be replaced" : ""));
  }

  // ---- what comes ----

  private static boolean isDirectory(FileCalls.Answer first) {
    return first.result().text("type").equals("directory");
  }

  private void fetch(HostFolder folder, String staged, String path, FileCalls.Answer first)
      throws IOException {
    if (!isDirectory(first)) {
      Progress progress =
          new Progress(calls, "'" + path + "'", how.listener(), first.result().number("bytes"));
      file(folder, staged, "", first, progress);
      return;
    }
    List<WorkspaceTree.Entry> entries = WorkspaceTree.entries(calls, path);
    for (WorkspaceTree.Entry entry : entries) {
      if (!entry.isFile() && !entry.isDirectory()) {
        throw calls.failed(
            ErrorCode.FILE_REFUSED,
            "'"
                + WorkspaceTree.below(path, entry.path())
                + "' is "
                + (entry.kind().equals("link") ? "a link" : "no regular file")
                + "; have the code remove it, or collect what it leads to");
      }
    }
    long total = 0;
    for (WorkspaceTree.Entry entry : entries) {
      total += Math.min(entry.bytes(), Long.MAX_VALUE - total);
    }
    Progress progress = new Progress(calls, "'" + path + "'", how.listener(), total);
    try (HostFolder root = folder.make(staged)) {
      new Folders(root).fill(entries, path, progress);
    }
  }

  /**
   * The directories that lead to where is copied just now, held open.
   *
   * <p>Confined to the thread that copies.
   */
  private final class Folders {
    private final Deque<HostFolder> open = new ArrayDeque<>();
    private String at = "";

    Folders(HostFolder root) {
      open.push(root);
    }

    void fill(List<WorkspaceTree.Entry> entries, String path, Progress progress)
        throws IOException {
      try {
        for (WorkspaceTree.Entry entry : entries) {
          int slash = entry.path().lastIndexOf('/');
          String name = entry.path().substring(slash + 1);
          leaveFor(slash < 0 ? "" : entry.path().substring(0, slash));
          if (entry.isDirectory()) {
            open.push(current().make(name));
            at = entry.path();
          } else {
            String asked = WorkspaceTree.below(path, entry.path());
            FileCalls.Answer first = calls.ask(METHOD, calls.params().put("path", asked));
            try {
              file(current(), name, entry.path(), first, progress);
            } catch (IOException | RuntimeException | Error failed) {
              end(first);
              throw failed;
            }
          }
        }
      } finally {
        while (open.size() > 1) {
          open.pop().close();
        }
      }
    }

    private HostFolder current() {
      return open.element();
    }

    /** A directory comes right before what is in it, so the next one is this one or above. */
    private void leaveFor(String folder) throws IOException {
      while (!at.equals(folder)) {
        open.pop().close();
        int slash = at.lastIndexOf('/');
        at = slash < 0 ? "" : at.substring(0, slash);
      }
    }
  }

  private void file(
      HostFolder folder, String name, String path, FileCalls.Answer first, Progress progress)
      throws IOException {
    if (isDirectory(first)) {
      throw changed(path, "it is a directory now");
    }
    Fields told = first.result();
    long bytes = told.number("bytes");
    MessageDigest hash = Hashes.sha256();
    FileCalls.Answer answer = first;
    long received = 0;
    try (SeekableByteChannel channel = folder.create(name)) {
      while (true) {
        byte[] chunk = answer.attachment(calls, METHOD);
        boolean last = answer.result().has("sha256");
        received += chunk.length;
        checkChunk(chunk.length, received, bytes, last);
        hash.update(chunk);
        ByteBuffer rest = ByteBuffer.wrap(chunk);
        while (rest.hasRemaining()) {
          channel.write(rest);
        }
        progress.arrived(path, chunk.length);
        if (last) {
          break;
        }
        answer =
            calls.ask(
                METHOD,
                calls.params().put("transfer", told.number("transfer")).put("offset", received));
      }
    }
    checkHash(path, HexFormat.of().formatHex(hash.digest()), answer.result().text("sha256"));
    folder.adorn(name, FileTime.fromMillis(told.number("modifiedMs", 0)), told.flag("executable"));
  }

  private void checkChunk(int chunk, long received, long bytes, boolean last) {
    boolean more = received < bytes;
    if (chunk > Limits.FILE_CHUNK || received > bytes || last == more || (chunk == 0 && more)) {
      throw calls.failed(
          ErrorCode.INTERNAL,
          METHOD
              + ": a chunk of "
              + chunk
              + " bytes came, "
              + received
              + " of "
              + bytes
              + " in all, "
              + (last ? "as the last" : "not as the last"));
    }
  }

  private void checkHash(String path, String found, String told) {
    if (!found.equals(told)) {
      throw calls.failed(
          ErrorCode.OUTPUT_INTEGRITY,
          "the SHA-256 of '" + path + "' is " + found + " here, and " + told + " was told");
    }
  }

  private RuntimeException changed(String path, String how) {
    return calls.failed(
        ErrorCode.FILE_CHANGED, "'" + path + "' changed while it was copied: " + how);
  }

  /** The runner need not keep a file open of which nothing more is asked for. */
  private void end(FileCalls.Answer first) {
    if (first.result().has("transfer")) {
      calls.abort(first.result().number("transfer"));
    }
  }
}
