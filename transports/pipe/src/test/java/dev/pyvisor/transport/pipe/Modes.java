package dev.pyvisor.transport.pipe;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The two aggravated modes of the transport tests: tiny pipes, and busy loops beside. */
final class Modes {
  /** Shrinks the stub's three pipes to one page. */
  static final String TINY = "for fd in (0, 1, 2): fcntl.fcntl(fd, F_SETPIPE_SZ, 4096)\n";

  private static final int LOOPS_PER_CORE = 3;
  private static final String LOOP =
      "import time\nend = time.monotonic() + 20\nwhile time.monotonic() < end: pass\n";

  private Modes() {}

  /** Busy loops, three a core, which end by themselves after 20 seconds. */
  static final class Load implements AutoCloseable {
    private final List<Process> loops = new ArrayList<>();

    Load() throws IOException {
      int count = LOOPS_PER_CORE * Runtime.getRuntime().availableProcessors();
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
