package dev.pyvisor.tool;

import dev.pyvisor.transport.DirectoryRemoval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory for the files of one call: mode 0700, made when it is first asked for. That it
 * cannot be removed is told in the log and costs the call nothing: the tool has done its work.
 *
 * <p>Confined to a tool thread.
 */
final class ToolFolder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ToolFolder.class);
  private static final String PREFIX = "pyvisor-tool-";

  private final Path parent;
  private final Function<Path, Optional<IOException>> removal;
  private @Nullable Path own;

  ToolFolder(Path parent) {
    this(parent, DirectoryRemoval::of);
  }

  /** {@code removal}: removes a directory; then why something of it is left. */
  ToolFolder(Path parent, Function<Path, Optional<IOException>> removal) {
    this.parent = parent;
    this.removal = removal;
  }

  /** One for each file: two may have one name. */
  Path forOneFile() throws IOException {
    if (own == null) {
      own = Files.createTempDirectory(parent, PREFIX);
    }
    return Files.createTempDirectory(own, "file-");
  }

  @Override
  public void close() {
    if (own != null) {
      Path left = own;
      removal
          .apply(left)
          .ifPresent(
              problem ->
                  LOG.warn(
                      "a tool's files in {} could not be removed: {}", left, problem.toString()));
    }
  }
}
