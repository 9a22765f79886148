package dev.pyvisor.contract.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Interpreters that do something first and then become the real one, with the same arguments.
 *
 * <p>Immutable.
 */
public final class Wrappers {
  private Wrappers() {}

  /** An interpreter whose standard streams, where they are pipes, hold 4,096 bytes each. */
  public static Path tinyPipes(Path folder, Path python) {
    return write(
        folder.resolve("python-tiny-pipes"),
        python,
        "for fd in (0, 1, 2):\n"
            + "    try:\n"
            + "        fcntl.fcntl(fd, 1031, 4096)  # F_SETPIPE_SZ\n"
            + "    except OSError:\n"
            + "        pass\n");
  }

  /**
   * An interpreter beside which a stranger holds the same standard streams open. The stranger
   * writes its process id to {@code pidFile}, and ends after half a minute by itself.
   */
  public static Path heldStreams(Path folder, Path python, Path pidFile) {
    return write(
        folder.resolve("python-held-streams"),
        python,
        "if os.fork() == 0:\n"
            + "    os.setsid()\n"
            + "    with open("
            + quote(pidFile)
            + ", 'w') as file:\n"
            + "        file.write(str(os.getpid()))\n"
            + "    os.execv('/bin/sleep', ['sleep', '30'])\n");
  }

  /** A program that is no Python: it runs these lines of shell. */
  public static Path shell(Path folder, String name, String lines) {
    return executable(folder.resolve(name), "#!/bin/sh\n" + lines + "\n");
  }

  private static Path write(Path file, Path python, String before) {
    return executable(
        file,
        "#!"
            + python
            + " -IS\n"
            + "import fcntl, os, sys\n"
            + before
            + "os.execv("
            + quote(python)
            + ", ["
            + quote(python)
            + "] + sys.argv[1:])\n");
  }

  private static String quote(Path path) {
    return "'" + path + "'";
  }

  private static Path executable(Path file, String text) {
    try {
      Files.write(file, text.getBytes(StandardCharsets.UTF_8));
      return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }
}
