package dev.pyvisor.internal;

import dev.pyvisor.Transfer;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.wire.Limits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.node.ObjectNode;

/**
 * Copies a file or a directory of this machine into a workspace.
 *
 * <p>Confined to the thread that copies.
 */
final class Putting {
  private final FileCalls calls;
  private final String path;
  private final Transfer how;
  private final List<Source> sources = new ArrayList<>();

  /**
   * Something that is copied, as it was when it was looked at.
   *
   * <p>Immutable.
   *
   * @param path below what is put; empty for that itself
   */
  private record Source(Path file, String path, BasicFileAttributes attributes) {
    boolean isDirectory() {
      return attributes.isDirectory();
    }

    long bytes() {
      return isDirectory() ? 0 : attributes.size();
    }
  }

  Putting(FileCalls calls, String path, Transfer how) {
    this.calls = calls;
    this.path = path;
    this.how = how;
  }

  void put(Path host) throws IOException {
    // The user may name a link; those within a directory are not followed.
    look(host.toRealPath(), "", 0);
    Source first = sources.get(0);
    long total = sources.stream().mapToLong(Source::bytes).sum();
    Progress progress = new Progress(calls, "'" + host + "'", how.listener(), total);
    long transfer = begin(first, total);
    try {
      for (Source source : sources) {
        if (!source.isDirectory()) {
          copy(transfer, source, progress);
        } else if (source != first) {
          ObjectNode made = calls.params().put("transfer", transfer).put("path", source.path);
          calls.ask("file.write", made.put("type", "directory"));
        }
      }
      calls.ask("file.commit", calls.params().put("transfer", transfer));
    } catch (IOException | RuntimeException | Error failed) {
      calls.abort(transfer);
      throw failed;
    }
  }

  private long begin(Source first, long total) {
    ObjectNode params =
        calls
            .params()
            .put("path", path)
            .put("type", first.isDirectory() ? "directory" : "file")
            .put("bytes", total)
            .put("replace", how.collision() == Transfer.Collision.REPLACE);
    return calls.ask("file.begin", params).result().number("transfer");
  }

  // ---- what there is ----

  private void look(Path file, String below, int depth) throws IOException {
    BasicFileAttributes found =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!found.isRegularFile() && !found.isDirectory()) {
      throw calls.failed(
          ErrorCode.FILE_REFUSED,
          "'"
              + file
              + "' is "
              + (found.isSymbolicLink() ? "a link" : "no regular file")
              + "; only regular files and directories are copied");
    }
    if (sources.size() > Limits.TRANSFER_ENTRIES || depth > Limits.FILE_DEPTH) {
      throw calls.failed(
          ErrorCode.MESSAGE_TOO_LARGE,
          "'"
              + file
              + "' is one more than the "
              + Limits.TRANSFER_ENTRIES
              + " files and directories, or lies deeper than the "
              + Limits.FILE_DEPTH
              + " directories, that are copied at a time");
    }
    sources.add(new Source(file, below, found));
    if (found.isDirectory()) {
      for (Path inside : listed(file)) {
        look(inside, WorkspaceTree.below(below, HostName.sent(calls, inside)), depth + 1);
      }
    }
  }

  private static List<Path> listed(Path folder) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        found.add(entry);
        if (found.size() > Limits.TRANSFER_ENTRIES) {
          break; // it is refused for its number
        }
      }
    }
    found.sort(null);
    return found;
  }

  // ---- its content ----

  private void copy(long transfer, Source source, Progress progress) throws IOException {
    MessageDigest hash = Hashes.sha256();
    ByteBuffer buffer =
        ByteBuffer.allocate((int) Math.max(1, Math.min(Limits.FILE_CHUNK, source.bytes())));
    try (FileChannel channel =
        FileChannel.open(source.file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      long offset = 0;
      boolean last;
      do {
        buffer.clear();
        fill(channel, buffer);
        byte[] chunk = Arrays.copyOf(buffer.array(), buffer.position());
        hash.update(chunk);
        last = offset + chunk.length >= source.bytes();
        if (last || chunk.length == 0) {
          checkUnchanged(source, channel, offset + chunk.length);
        }
        ObjectNode params =
            calls.params().put("transfer", transfer).put("path", source.path).put("offset", offset);
        if (last) {
          params
              .put("sha256", HexFormat.of().formatHex(hash.digest()))
              .put("executable", Files.isExecutable(source.file))
              .put("modifiedMs", Math.max(0, source.attributes.lastModifiedTime().toMillis()));
        }
        calls.ask("file.write", params, chunk);
        offset += chunk.length;
        progress.arrived(source.path, chunk.length);
      } while (!last);
    }
  }

  private static void fill(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
      // until it is full or the file ends
    }
  }

  /** The file that has its name is the one that was looked at, and all of it was read. */
  private void checkUnchanged(Source source, FileChannel channel, long read) throws IOException {
    BasicFileAttributes now =
        Files.readAttributes(source.file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    BasicFileAttributes then = source.attributes;
    boolean same =
        read == then.size()
            && channel.size() == then.size()
            && now.size() == then.size()
            && now.lastModifiedTime().equals(then.lastModifiedTime())
            && Objects.equals(now.fileKey(), then.fileKey());
    if (!same) {
      throw calls.failed(
          ErrorCode.FILE_CHANGED,
          "'"
              + source.file
              + "' changed while it was copied, "
              + read
              + " of "
              + then.size()
              + " bytes in; put it again when it is finished");
    }
  }
}
