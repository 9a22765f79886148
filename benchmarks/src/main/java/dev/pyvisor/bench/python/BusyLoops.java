package dev.pyvisor.bench.python;

import dev.pyvisor.bench.BenchLimits;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps every core busy several times over, until closed.
 *
 * <p>Confined to the thread that started it.
 */
public final class BusyLoops implements AutoCloseable {
  private final List<PythonChild> loops = new ArrayList<>();

  private BusyLoops() {}

  /** Starts them all. They end when closed, after their own life, or with this JVM. */
  public static BusyLoops start(Path python) throws IOException {
    BusyLoops busy = new BusyLoops();
    String life = Long.toString(BenchLimits.BUSY_LIFE.toSeconds());
    String parent = Long.toString(ProcessHandle.current().pid());
    try {
      int count = BenchLimits.LOOPS_PER_CORE * Runtime.getRuntime().availableProcessors();
      for (int i = 0; i < count; i++) {
        busy.loops.add(PythonChild.start(python, Script.BUSY_LOOP, Redirect.DISCARD, life, parent));
      }
      return busy;
    } catch (IOException e) {
      busy.close();
      throw e;
    }
  }

  /** How many there are. */
  public int count() {
    return loops.size();
  }

  @Override
  public void close() {
    loops.forEach(PythonChild::kill);
    loops.forEach(PythonChild::await);
  }
}
