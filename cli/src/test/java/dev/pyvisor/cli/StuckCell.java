package dev.pyvisor.cli;

import java.util.List;
import java.util.Locale;

/**
 * The cells of the interrupt matrix (H11): each does not end by itself for a minute. What prepares
 * the stuck part runs before the cell tells that it is there.
 */
enum StuckCell {
  PYTHON_LOOP(Way.INTERRUPT, "", "while True: pass"),
  SLEEP(Way.INTERRUPT, "import time", "time.sleep(60)"),
  LOCK(
      Way.INTERRUPT, "import threading; lock = threading.Lock(); lock.acquire()", "lock.acquire()"),
  QUEUE(Way.INTERRUPT, "import queue; waiting = queue.Queue()", "waiting.get()"),
  JOIN(
      Way.INTERRUPT,
      "import threading, time\n"
          + "sleeper = threading.Thread(target=time.sleep, args=(60,), daemon=True)\n"
          + "sleeper.start()",
      "sleeper.join()"),
  ASYNCIO_SLEEP(Way.INTERRUPT, "import asyncio", "asyncio.run(asyncio.sleep(60))"),
  TOP_LEVEL_AWAIT(Way.INTERRUPT, "import asyncio", "await asyncio.sleep(60)"),
  SUBPROCESS(Way.INTERRUPT, "import subprocess", "subprocess.run(['sleep', '60'])"),
  REGULAR_EXPRESSION(Way.INTERRUPT, "import re", "re.match(r'(a+)+$', 'a' * 40 + 'b')"),
  BIG_POWER(Way.INTERRUPT, "", "(7 ** 10 ** 7) ** 9"),
  ASYNCIO_LOOP(
      Way.INTERRUPT,
      "import asyncio\nasync def spin():\n  while True: pass",
      "asyncio.run(spin())"),
  FINALLY_SLEEP(Way.INTERRUPT, "import time", "try:\n  time.sleep(60)\nfinally:\n  time.sleep(60)"),
  SORT(Way.EITHER, "", "sorted(range(3 * 10 ** 7), key=lambda v: -v)"),
  OWN_HANDLER(
      Way.KILL,
      "import signal, time; signal.signal(signal.SIGINT, lambda *told: None)",
      "while True: time.sleep(60)"),
  IGNORED_SIGNAL(
      Way.KILL,
      "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN)",
      "time.sleep(60)"),
  BLOCKED_SIGNAL(
      Way.KILL,
      "import signal, time; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})",
      "time.sleep(60)"),
  CATCHES_ALL(Way.EITHER, "import time", "while True:\n  try: time.sleep(60)\n  except: pass"),
  BUILTIN_SUM(Way.EITHER, "", "sum(range(10 ** 11))"),
  MUTEX_WITH_GIL(
      Way.EITHER,
      "import ctypes\n"
          + "c, mutex = ctypes.PyDLL(None), ctypes.create_string_buffer(64)\n"
          + "c.pthread_mutex_lock(mutex)",
      "c.pthread_mutex_lock(mutex)"),
  STOPPED(Way.EITHER, "import os, signal", "os.kill(os.getpid(), signal.SIGSTOP)");

  private enum Way {
    /** It answers an interrupt: the state is live. */
    INTERRUPT(List.of("live")),
    /** It answers none: it is killed, and the checkpoint takes over. */
    KILL(List.of("checkpoint")),
    /** As it comes: it answers late, or is hit in the moment before it is stuck for good. */
    EITHER(List.of("live", "checkpoint"));

    private final List<String> sources;

    Way(List<String> sources) {
      this.sources = sources;
    }
  }

  private final Way way;
  private final String before;
  private final String stuck;

  StuckCell(Way way, String before, String stuck) {
    this.way = way;
    this.before = before;
    this.stuck = stuck;
  }

  String before() {
    return before + "\n";
  }

  String stuck() {
    return stuck;
  }

  /** Where the state may come from afterwards. */
  List<String> sources() {
    return way.sources;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
