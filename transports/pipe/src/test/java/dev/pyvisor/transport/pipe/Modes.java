package dev.pyvisor.transport.pipe;

import dev.pyvisor.transport.process.PythonLocator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The modes of the transport tests: as it is, with pipes of one page, and with busy loops beside.
 */
enum Modes {
  PLAIN(""),
  TINY_PIPES("for fd in (0, 1, 2): fcntl.fcntl(fd, F_SETPIPE_SZ, 4096)\n"),
  LOADED("");

  /** What a stub does first in this mode. */
  final String prelude;

  Modes(String prelude) {
    this.prelude = prelude;
  }

  /** What goes on beside the test in this mode. */
  Load load() throws IOException {
    return new Load(
        this == LOADED ? LOOPS_PER_CORE * Runtime.getRuntime().availableProcessors() : 0);
  }

  private static final int LOOPS_PER_CORE = 3;
  private static final String LOOP =
      "import time\nend = time.monotonic() + 20\nwhile time.monotonic() < end: pass\n";

  /** Busy loops, which end by themselves after 20 seconds. */
  static final class Load implements AutoCloseable {
    private final List<Process> loops = new ArrayList<>();

    private Load(int count) throws IOException {
      for (int i = 0; i < count; i++) {
        Path python = PythonLocator.locate("load", java.util.Optional.empty());
        loops.add(
            new ProcessBuilder(python.toString(), "-I", "-S", "-c", LOOP)
                .redirectInput(ProcessBuilder.Redirect.PIPE)
                .start());
      }
    }

    @Override
    public void close() {
      for (Process loop : loops) {
        loop.toHandle().destroyForcibly();
        loop.onExit().orTimeout(5, TimeUnit.SECONDS).join();
      }
    }
  }
}
