package dev.pyvisor.contract.guard;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Whether a process runs, its end, and signals to it.
 *
 * <p>Immutable.
 */
public final class Processes {
  private Processes() {}

  /** Whether it runs or could run: a zombie has ended, however long its parent takes to notice. */
  public static boolean alive(long pid) {
    return ProcFs.read(pid, "stat")
        .map(stat -> stat.substring(stat.lastIndexOf(')') + 2).charAt(0))
        .filter(state -> state != 'Z' && state != 'X')
        .isPresent();
  }

  /** Ends it with SIGKILL, if it runs. */
  public static void kill(long pid) {
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
  }

  /** Sends it a signal by name, for example {@code STOP}. */
  public static void signal(long pid, String name) {
    try {
      Process kill = new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid).start();
      if (kill.waitFor() != 0) {
        throw new IllegalStateException("kill -" + name + " " + pid + " failed");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run kill", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
