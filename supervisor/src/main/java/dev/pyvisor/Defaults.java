package dev.pyvisor;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Every bound and default of the host's side, each with its reason; those of the wire are in {@link
 * dev.pyvisor.wire.Limits}.
 *
 * <p>Immutable.
 */
public final class Defaults {
  /** The backend that is used when none is named. */
  public static final String BACKEND = "pipe";

  /** The session that a client opens by itself. */
  public static final String SESSION = "main";

  /** From the start of the process until the first session is ready. */
  public static final Duration START_TIMEOUT = Duration.ofSeconds(10);

  /** A verb other than execute, from the call to its answer, waiting for its turn included. */
  public static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);

  /** A cell, from the moment the kernel starts its code; an agent's longest honest computation. */
  public static final Duration CELL_TIMEOUT = Duration.ofSeconds(300);

  /**
   * From a cell's deadline or an interrupt until its kernel is killed: Python code heeds the first
   * signal within microseconds, a native call may need longer.
   */
  public static final Duration INTERRUPT_GRACE = Duration.ofSeconds(2);

  /** A host tool, from its call to its answer, waiting for a thread included. */
  public static final Duration TOOL_TIMEOUT = Duration.ofSeconds(60);

  /** Runners of a pool: as many as a small machine starts at once without being slowed by it. */
  public static final int POOL_SIZE = 4;

  /** Who may wait for a lease; beyond it a caller does better to come again than to wait. */
  public static final int POOL_WAITING = 1_000;

  /** How long a caller waits for a lease: as for any verb. */
  public static final Duration POOL_LEASE_TIMEOUT = CALL_TIMEOUT;

  /** A runner that nobody wants costs some 30 MiB; it is started again in half a second. */
  public static final Duration POOL_IDLE_TIMEOUT = Duration.ofMinutes(5);

  /** When sessions keep a frozen copy of their state. */
  public static final CheckpointPolicy CHECKPOINTS = CheckpointPolicy.AUTO;

  /** Closing in all: what the runner takes (2 s by LIF-9), then force. */
  public static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

  /** The runner's share of {@link #CLOSE_LIMIT} before it is killed. */
  public static final Duration CLOSE_GRACE = Duration.ofMillis(2_300);

  /**
   * What is left of a dead runner has so long to end before the next one is started, and as long
   * again once it is killed.
   */
  public static final Duration BURIAL_LIMIT = Duration.ofSeconds(1);

  /**
   * How much longer than its limit and grace an operation may take before the runner is taken for
   * hung and killed: far more than the start of a kernel or a busy machine explains, for a kill
   * costs all sessions their state.
   */
  public static final Duration WATCHDOG_GRACE = Duration.ofSeconds(30);

  /**
   * A command of a launcher that makes no runner: it asks for a version, or removes what is left.
   */
  public static final Duration COMMAND_LIMIT = Duration.ofSeconds(10);

  /** Processes and threads in a container that was given no limit of its own. */
  public static final int SANDBOX_PROCESSES = 512;

  /** Bytes of what such a command says; the rest is read and dropped. */
  public static final int COMMAND_OUTPUT = 64 * 1024;

  /**
   * Bytes that the private /tmp of a sandbox holds, and its /dev/shm: they are memory, and of the
   * whole machine.
   */
  public static final long SANDBOX_TMP = 256L * 1024 * 1024;

  /**
   * Directories in one another that are held open while a private directory is removed: each takes
   * two descriptors, of which a process has 1,024 or more.
   */
  public static final int REMOVAL_DEPTH = 64;

  /**
   * Times that what lies deeper is moved up for that: half a million directories in one another.
   */
  public static final int REMOVAL_MOVES = 8_192;

  /**
   * Tries to remove one name that is changed meanwhile, or a directory that is filled again: what
   * ends just then writes no more after the first.
   */
  public static final int REMOVAL_TRIES = 3;

  /**
   * Such further tries in all: code that changes names in many directories, one in another, must
   * not have each try be many of what is in it.
   */
  public static final int REMOVAL_RETRIES = 100;

  /** While a call is open the runner is asked that often whether it lives. */
  public static final Duration PING_INTERVAL = Duration.ofSeconds(1);

  /**
   * A supervisor runs no user code: one that answers no ping for so long is stopped or broken, and
   * is killed.
   */
  public static final Duration PING_LIMIT = Duration.ofSeconds(10);

  /** After the exit of the runner, for what its pipe still holds. */
  public static final Duration EXIT_DRAIN = Duration.ofMillis(250);

  /** A runner whose output ended, or whose input broke, has so long to exit before it is killed. */
  public static final Duration END_GRACE = Duration.ofMillis(500);

  /** Threads that run host tools. */
  public static final int TOOL_THREADS = 64;

  /**
   * A cancelled tool has so long to heed the interrupt of its thread; then the thread counts as
   * leaked, and another may run in its place.
   */
  public static final Duration TOOL_INTERRUPT_GRACE = Duration.ofSeconds(1);

  /** Threads of tools that do not heed their interrupt; beyond it new calls are refused. */
  public static final int LEAKED_TOOL_THREADS = 64;

  /**
   * Bytes of requests, and as many of tool answers, that wait in one session; callers wait for room
   * beyond it.
   */
  public static final int OUTBOUND_BYTES = 64 * 1024 * 1024;

  /**
   * Bytes of what is put or collected at a time: what takes longer than minutes is better mounted,
   * and what comes from the code must not fill the host's disk.
   */
  public static final long TRANSFER_BYTES = 4L * 1024 * 1024 * 1024;

  /** Copies that a closing client cuts off have so long to remove what is half-done here. */
  public static final Duration COPY_CLEANUP = Duration.ofSeconds(1);

  /** Puts, collects and listings of one session that run at a time; others wait for them. */
  public static final int TRANSFERS_AT_ONCE = 4;

  /**
   * Cells and other operations of one session that wait for their turn; beyond it they are refused.
   */
  public static final int QUEUED_OPERATIONS = 1_024;

  /** Requests to the supervisor that are open; beyond it they are refused. */
  public static final int OPEN_REQUESTS = 1_024;

  /**
   * Refusals that wait because the runner does not read them; beyond it the runner is taken for
   * broken.
   */
  public static final int QUEUED_REFUSALS = 1_024;

  /**
   * PONGs that wait because the runner does not read them; beyond it the runner is taken for
   * broken.
   */
  public static final int QUEUED_PONGS = 64;

  /** Bytes of tool calls that a session's kernel has open; beyond it calls are refused. */
  public static final long TOOL_CALL_BYTES = 256L * 1024 * 1024;

  /** Bytes a stream that an outcome keeps in memory: half from the start, half from the end. */
  public static final int OUTPUT_KEPT = 16 * 1024 * 1024;

  /**
   * Chunks of an outcome; what comes later is one chunk a stream. Printing single bytes must not
   * cost a list of them.
   */
  public static final int CHUNKS_KEPT = 65_536;

  /**
   * Log records and tool events that wait for a slow listener; log records beyond it are counted,
   * tools wait.
   */
  public static final int QUEUED_EVENTS = 1_024;

  /** The last of a runner's standard error that is kept for error messages. */
  public static final int STDERR_KEPT = 64 * 1024;

  /** Of that, what an exception's text quotes. */
  public static final int STDERR_QUOTED = 4 * 1024;

  /**
   * A message up to this size is finished by the reader itself, where nobody listens: it costs less
   * than waking a thread.
   */
  public static final int INLINE_BYTES = 8 * 1024;

  /** Reports of what hangs that are kept, of all clients of this user; older ones are removed. */
  public static final int EVIDENCE_KEPT = 20;

  /** From asking for a report to its folder, complete or not. */
  public static final Duration EVIDENCE_LIMIT = Duration.ofSeconds(1);

  /** The supervisor's share of {@link #EVIDENCE_LIMIT}; then its processes are looked at alone. */
  public static final Duration EVIDENCE_ANSWER = Duration.ofMillis(500);

  /** Reports of one client that wait to be written; beyond it they are refused. */
  public static final int QUEUED_REPORTS = 8;

  /** Events that wait for a debug log; what comes then is counted and dropped. */
  public static final int LOG_LINES = 1_024;

  /** About how many bytes of them: what a disk does not take must not fill the heap. */
  public static final long LOG_QUEUED = 4L * 1024 * 1024;

  /** Bytes of a debug log; then it is put aside, and the one before it is gone. */
  public static final long LOG_FILE = 16L * 1024 * 1024;

  /** A client that closes has so long to write what waits, within {@link #CLOSE_LIMIT}. */
  public static final Duration LOG_CLOSE = Duration.ofMillis(500);

  /** Characters of one text in it. */
  public static final int LOG_TEXT = 2_048;

  /** Characters of what a cell that failed has printed last. */
  public static final int LOG_PARTIAL = 4_096;

  /** Of these the last so many bytes are looked at, so that a secret before them is known. */
  public static final int LOG_WINDOW = 64 * 1024;

  /** Characters of all data of one event: then the rest of it is counted. */
  public static final int LOG_LINE = 16 * 1024;

  /** Items of one list or object in it. */
  public static final int LOG_ITEMS = 50;

  /** Lists and objects in one another in it. */
  public static final int LOG_DEPTH = 8;

  /** Characters of the arguments of a call, or of an answer, that people are shown. */
  public static final int VERBOSE_PREVIEW = 4_096;

  /** Bytes of a call whose arguments are looked at for that; of a larger one its size is told. */
  public static final int SHOWN_CALL = 256 * 1024;

  /**
   * A client that lives so long is shown as an MBean; the JVM's MBean server is too dear for a
   * command that only runs a cell.
   */
  public static final Duration MANAGED_AFTER = Duration.ofSeconds(1);

  /** A document with settings; far more than all keys with all their words. */
  public static final int CONFIGURATION_BYTES = 1024 * 1024;

  /** Maps and lists in one another in it: a key needs two. */
  public static final int CONFIGURATION_DEPTH = 8;

  /** Errors of one layer of settings that are told; nobody reads more at a time. */
  public static final int CONFIGURATION_PROBLEMS = 20;

  /** Characters of one of them; the list of all keys has room. */
  public static final int CONFIGURATION_PROBLEM = 1_000;

  /** Characters of a key or value that a message quotes, and by which keys are compared. */
  public static final int CONFIGURATION_SHOWN = 80;

  private Defaults() {}

  /** Where reports of what hangs are kept: {@code pyvisor-evidence-USER} beside temporary files. */
  public static Path evidenceDirectory() {
    String user = System.getProperty("user.name", "").replaceAll("[^A-Za-z0-9._-]", "_");
    return Path.of(System.getProperty("java.io.tmpdir"), "pyvisor-evidence-" + user);
  }
}
