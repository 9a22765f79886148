package dev.pyvisor.contract.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps every core busy three times over, until closed. Each loop also ends by itself: after its
 * life, and when this JVM is gone.
 *
 * <p>Confined to the thread that started it.
 */
public final class BusyLoops implements AutoCloseable {
  private static final int PER_CORE = 3;
  private static final String LOOP =
      "import os, sys, time\n"
          + "end = time.monotonic() + float(sys.argv[1])\n"
          + "while os.getppid() == int(sys.argv[2]) and time.monotonic() < end:\n"
          + "    pass\n";

  private final List<Process> loops = new ArrayList<>();

  private BusyLoops() {}

  /** Starts three loops for each core, each of which lives for at most {@code life}. */
  public static BusyLoops start(Path python, Duration life) {
    BusyLoops busy = new BusyLoops();
    int count = PER_CORE * Runtime.getRuntime().availableProcessors();
    String seconds = String.valueOf(life.toSeconds());
    String parent = String.valueOf(ProcessHandle.current().pid());
    try {
      for (int i = 0; i < count; i++) {
        busy.loops.add(
            new ProcessBuilder(python.toString(), "-I", "-S", "-c", LOOP, seconds, parent)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start());
      }
    } catch (IOException e) {
      busy.close();
      throw new UncheckedIOException("cannot start a busy loop with " + python, e);
    }
    return busy;
  }

  /** How many loops run. */
  public int count() {
    return loops.size();
  }

  @Override
  public void close() {
    loops.forEach(loop -> loop.toHandle().destroyForcibly());
    loops.forEach(loop -> loop.onExit().join());
    loops.clear();
  }
}
