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

  /** How many bytes a pipe of {@link #tinyPipes} holds: one page. */
  public static final int TINY = 4096;

  /** What a runner's own program goes through so that each pipe it makes is a small one. */
  private static final String SMALL_FROM_NOW_ON =
      """
      import fcntl, os, runpy, sys
      made = os.pipe2
      def pipe2(flags):
          ends = made(flags)
          fcntl.fcntl(ends[1], 1031, %1$d)
          return ends
      os.pipe2 = pipe2
      del sys.argv[0]
      runpy.run_path(sys.argv[0], run_name='__main__')
      """
          .formatted(TINY);

  /**
   * An interpreter whose standard streams, where they are pipes, hold {@value #TINY} bytes each,
   * and so do the pipes that its program makes, a kernel's two for output among them.
   */
  public static Path tinyPipes(Path folder, Path python) {
    String before =
        """
        for fd in (0, 1, 2):
            try:
                fcntl.fcntl(fd, 1031, %1$d)  # F_SETPIPE_SZ
            except OSError:
                pass
        flags = []
        while sys.argv[1:] and sys.argv[1].startswith('-'):
            flags.append(sys.argv.pop(1))
        if sys.argv[1:] and '-c' not in flags:
            flags += ['-c', %2$s]
        sys.argv[1:1] = flags
        """;
    return write(
        folder.resolve("python-tiny-pipes"),
        python,
        before.formatted(TINY, "'''" + SMALL_FROM_NOW_ON + "'''"));
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
