package dev.pyvisor.tool;

import dev.pyvisor.Transfer;
import dev.pyvisor.WorkspaceFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The files of one call: copied here before the tool runs, back after it. Closing it removes what
 * is nobody else's; the tool's own thread does it, so that a tool which outlives its call still has
 * them.
 *
 * <p>Confined to a tool thread.
 */
final class SyncedFiles implements AutoCloseable {
  private final ToolContext context;
  private final ToolArguments arguments;
  private final List<Copy> copies = new ArrayList<>();
  private final ToolFolder folder;

  /**
   * A file that was copied.
   *
   * <p>Immutable.
   */
  private record Copy(String inside, Path here, byte[] before) {}

  private SyncedFiles(Tool tool, ToolArguments given, ToolContext context, ToolFolder folder)
      throws IOException {
    this.context = context;
    this.folder = folder;
    Map<String, SyncedFile> synced = tool.syncedFiles();
    arguments = synced.isEmpty() ? given : copied(tool, given, synced);
  }

  private ToolArguments copied(Tool tool, ToolArguments given, Map<String, SyncedFile> synced)
      throws IOException {
    Map<String, @Nullable Object> named = new LinkedHashMap<>(given.named());
    try {
      for (Map.Entry<String, SyncedFile> parameter : synced.entrySet()) {
        if (named.get(parameter.getKey()) instanceof Path inside) {
          named.put(parameter.getKey(), copy(inside, parameter.getValue()));
        }
      }
    } catch (IOException | RuntimeException | Error problem) {
      close();
      throw problem;
    }
    return new ToolArguments(tool.name(), List.of(), named);
  }

  /**
   * Copies what the arguments name.
   *
   * @param folder for the copies; closed with them
   * @throws dev.pyvisor.error.CallFailed where there is no such file, or it cannot be read
   */
  static SyncedFiles of(Tool tool, ToolArguments given, ToolContext context, ToolFolder folder)
      throws IOException {
    return new SyncedFiles(tool, given, context, folder);
  }

  /** Those of the call, with paths of the host. */
  ToolArguments arguments() {
    return arguments;
  }

  private Path copy(Path inside, SyncedFile how) throws IOException {
    String name = inside.getFileName().toString();
    Path here = folder.forOneFile().resolve(name);
    files().collect(inside.toString(), here);
    if (!Files.isRegularFile(here, LinkOption.NOFOLLOW_LINKS)) {
      throw new ToolFailure(inside + " is a directory; the tool takes a file");
    }
    if (how.directory().isPresent()) {
      Path kept = Files.createDirectories(how.directory().get().toAbsolutePath()).resolve(name);
      here = Files.move(here, kept, StandardCopyOption.REPLACE_EXISTING);
    }
    if (how.writeBack()) {
      copies.add(new Copy(inside.toString(), here, hash(here)));
    }
    return here;
  }

  private WorkspaceFiles files() {
    return context.session().files();
  }

  /** Replaces what the tool has changed; not where nobody waits for the call any more. */
  void writeBack() throws IOException {
    for (Copy copy : copies) {
      if (context.cancelled()) {
        return;
      }
      boolean there = Files.isRegularFile(copy.here(), LinkOption.NOFOLLOW_LINKS);
      if (there && !MessageDigest.isEqual(copy.before(), hash(copy.here()))) {
        files().put(copy.here(), copy.inside(), Transfer.plain().replacing());
      }
    }
  }

  private static byte[] hash(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file);
        DigestInputStream digesting =
            new DigestInputStream(in, MessageDigest.getInstance("SHA-256"))) {
      digesting.transferTo(OutputStream.nullOutputStream());
      return digesting.getMessageDigest().digest();
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java has it", impossible);
    }
  }

  @Override
  public void close() {
    folder.close();
  }
}
