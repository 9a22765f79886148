package dev.pyvisor.bench.wedge;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * An interpreter that gives its standard streams another pipe size and then becomes the real one; a
 * runner is started by it like by any other.
 *
 * <p>Confined to the thread that made it.
 */
final class SmallPipes implements AutoCloseable {
  private final Path folder;
  private final Path wrapper;

  SmallPipes(Path python, PipeSize size) throws IOException {
    folder = Files.createTempDirectory("pyvisor-bench-");
    wrapper = folder.resolve("python3");
    String text =
        """
        #!%1$s -IS
        import fcntl, os, stat, sys
        for descriptor in (0, 1, 2):
            if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
                fcntl.fcntl(descriptor, 1031, %2$d)  # F_SETPIPE_SZ
        os.execv('%1$s', ['%1$s'] + sys.argv[1:])
        """
            .formatted(python.toAbsolutePath(), size.bytes());
    Files.write(wrapper, text.getBytes(StandardCharsets.UTF_8));
    Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwx------"));
  }

  Path python() {
    return wrapper;
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(wrapper);
    Files.deleteIfExists(folder);
  }
}
