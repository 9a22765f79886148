package dev.pyvisor.contract.guard;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Stream;

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

  /**
   * The number that this machine has for a process of a runner that gave itself this one, where it
   * lives: in a sandbox they differ. 0 where it has ended.
   *
   * @param supervisor the runner's supervisor, by its number here
   */
  public static long here(long supervisor, long told) {
    return Stream.concat(
            ProcessHandle.of(supervisor).stream(),
            ProcessHandle.of(supervisor).stream().flatMap(ProcessHandle::descendants))
        .map(ProcessHandle::pid)
        .filter(
            pid -> {
              List<Long> numbers = ProcFs.numbers(pid);
              return !numbers.isEmpty() && numbers.get(numbers.size() - 1) == told;
            })
        .findFirst()
        .orElse(0L);
  }

  /** Those that live in a namespace of numbers, as the system names it; a zombie does not. */
  public static List<Long> inNamespace(String namespace) {
    return ProcFs.all().stream()
        .filter(pid -> ProcFs.namespace(pid).equals(namespace) && alive(pid))
        .toList();
  }

  /** KiB of memory that it holds; 0 where it has ended. */
  public static long residentKib(long pid) {
    return ProcFs.read(pid, "status").stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElse(0);
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
