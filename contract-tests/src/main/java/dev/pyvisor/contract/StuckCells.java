package dev.pyvisor.contract;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Cells that no interrupt ends (H11); each awaits the host tool {@code stuck} when it is about to
 * hang.
 */
final class StuckCells {
  private static final String CAUGHT = "caught for ever";
  private static final String DEAF = "the same with every signal blocked";
  static final String STOPPED = "stopped";

  private StuckCells() {}

  /** Name to code; the line that hangs ends in a comment that says so. */
  static Map<String, String> all() {
    Map<String, String> cells = new LinkedHashMap<>();
    cells.put(
        "a handler of its own",
        """
        import signal
        signal.signal(signal.SIGINT, lambda *ignored: None)
        await stuck()
        while True: pass  # hangs
        """);
    cells.put(
        "ignored",
        """
        import signal, time
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        await stuck()
        time.sleep(60)  # hangs
        """);
    cells.put(
        "every signal blocked",
        """
        import signal, time
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))
        await stuck()
        time.sleep(60)  # hangs
        """);
    cells.put(
        CAUGHT,
        """
        import time
        await stuck()
        while True:
            try:
                time.sleep(60)  # hangs
            except BaseException:
                pass
        """);
    cells.put(
        "a loop in C",
        """
        await stuck()
        sum(range(10**12))  # hangs
        """);
    cells.put(
        "a native lock with the interpreter held",
        """
        import ctypes
        libc = ctypes.PyDLL(None)
        mutex = ctypes.create_string_buffer(64)
        libc.pthread_mutex_lock(mutex)
        await stuck()
        libc.pthread_mutex_lock(mutex)  # hangs
        """);
    cells.put(
        DEAF,
        """
        import ctypes, signal
        libc = ctypes.PyDLL(None)
        mutex = ctypes.create_string_buffer(64)
        libc.pthread_mutex_lock(mutex)
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))
        await stuck()
        libc.pthread_mutex_lock(mutex)  # hangs
        """);
    cells.put(
        STOPPED,
        """
        import os, signal
        await stuck()
        os.kill(os.getpid(), signal.SIGSTOP)  # hangs
        """);
    return cells;
  }

  /**
   * Those that are ended by a ladder of seconds each: in the tier {@code verify} one that heeds no
   * exception, one that nothing reaches and one that is stopped, elsewhere all. Prints both counts.
   */
  static Map<String, String> endedByTheLadder() {
    Map<String, String> cells = all();
    if (Tier.current() == Tier.VERIFY) {
      cells.keySet().retainAll(List.of(CAUGHT, DEAF, STOPPED));
    }
    System.out.println("stuck cells: " + new Counts(cells.size(), all().size()));
    return cells;
  }

  /** The number of the line that hangs. */
  static int line(String code) {
    int line = 1;
    for (String each : code.split("\n")) {
      if (each.endsWith("# hangs")) {
        return line;
      }
      line++;
    }
    throw new IllegalArgumentException("no line hangs in " + code);
  }
}
