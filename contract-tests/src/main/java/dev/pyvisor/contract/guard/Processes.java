package dev.pyvisor.contract.guard;

/**
 * Whether a process runs, and its end.
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
}
