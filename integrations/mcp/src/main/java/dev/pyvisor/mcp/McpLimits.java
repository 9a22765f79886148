package dev.pyvisor.mcp;

import java.time.Duration;

/**
 * Every bound of this module, each with its reason.
 *
 * <p>Immutable.
 */
public final class McpLimits {
  /** A message from a client: a file of {@link #PUT_BYTES} in base64, and room for the rest. */
  public static final int MESSAGE_BYTES = 32 << 20;

  /** Requests of one client that are open at once; beyond it they are refused. */
  public static final int OPEN_CALLS = 256;

  /** Calls that are being begun, of all clients; a cell that runs holds no thread. */
  public static final int CALL_THREADS = 64;

  /** Calls of all clients that wait for such a thread; beyond it they are refused. */
  public static final int WAITING_CALLS = 4_096;

  /** How long a thread that begins calls is kept without any. */
  public static final Duration IDLE_THREAD = Duration.ofSeconds(30);

  /**
   * Bytes that wait for one client to be read; a client that leaves more is taken for dead, because
   * answers cannot be dropped.
   */
  public static final long WAITING_BYTES = 64L << 20;

  /** Beyond it no more notifications are queued: progress is in the answer, too. */
  public static final long WAITING_PROGRESS = 1L << 20;

  /** Characters of one notification of progress. */
  public static final int PROGRESS_TEXT = 4_000;

  /** Characters of a tool's answer or error that come from another MCP server. */
  public static final int FAILURE_TEXT = 16_000;

  /** A file that a client puts. */
  public static final int PUT_BYTES = 16 << 20;

  /** Bytes of a file that one answer has; the next call goes on from there. */
  public static final int GET_BYTES = 256 << 10;

  /** An image that one answer has: it cannot be cut. */
  public static final int IMAGE_BYTES = 4 << 20;

  /** A file of which parts are got: each call copies all of it to the host first. */
  public static final long GET_WHOLE_BYTES = 64L << 20;

  /** Files that one list names. */
  public static final int LISTED_FILES = 500;

  /** The longest a cell may be given by a client, in seconds: a day. */
  public static final int CELL_SECONDS = 86_400;

  /** Clients over HTTP at once: each has a runner, some 30 MiB, and what its code uses. */
  public static final int HTTP_CLIENTS = 16;

  /** Requests over HTTP at once; each holds a thread until it is answered. */
  public static final int HTTP_THREADS = 256;

  /** A client over HTTP that asks for nothing for so long is gone: most do not say good-bye. */
  public static final Duration HTTP_IDLE = Duration.ofMinutes(30);

  /** A token that is shorter can be guessed. */
  public static final int TOKEN_CHARACTERS = 16;

  /** A message from a server: what a tool of it may answer with, as on Pyvisor's own wire. */
  public static final int ANSWER_BYTES = 64 << 20;

  /** The end of a server's standard error, for the message that it is gone. */
  public static final int STDERR_KEPT = 4 << 10;

  /**
   * From the start of a server's process until it is initialized: some install themselves first.
   */
  public static final Duration INITIALIZE = Duration.ofSeconds(60);

  /** The list of a server's tools: it has nothing to compute for it. */
  public static final Duration LIST = Duration.ofSeconds(30);

  /** A tool call: its own deadline, which the host knows, is the one that counts. */
  public static final Duration TOOL_CALL = Duration.ofHours(24);

  /** A server whose input has ended has so long to end by itself. */
  public static final Duration LEAVE = Duration.ofSeconds(2);

  /** What is written already has so long to leave when a server ends. */
  public static final Duration FLUSH = Duration.ofSeconds(1);

  private McpLimits() {}
}
