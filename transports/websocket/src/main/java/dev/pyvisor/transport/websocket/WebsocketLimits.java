package dev.pyvisor.transport.websocket;

import dev.pyvisor.wire.Limits;
import java.time.Duration;

/**
 * The bounds of the link, each with its reason.
 *
 * <p>Immutable.
 */
final class WebsocketLimits {
  /** From dialling to the answer of the websocket, and from the attach to its answer. */
  static final Duration DIAL = Duration.ofSeconds(5);

  /** Before the second attempt to dial; each further one waits up to twice as long. */
  static final Duration FIRST_PAUSE = Duration.ofMillis(100);

  /** Between two attempts at most. */
  static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  /** Beyond so many doublings the pause is the longest one anyway. */
  static final int DOUBLINGS = 10;

  /** A connection that lasted so long was of use, also if nothing was said on it. */
  static final Duration STABLE = Duration.ofSeconds(10);

  /** Without a connection for so long: the link is given up; what waits for it fails. */
  static final Duration DISCONNECTED = Duration.ofMinutes(15);

  /**
   * The same of a runner on this machine that was started from here: no network is away, so it is
   * stopped or hung. Far more than a busy machine explains, for giving it up costs all its state.
   */
  static final Duration UNREACHABLE_HERE = Duration.ofSeconds(30);

  /** A look at the clock that came so much too late: this process was stopped meanwhile. */
  static final Duration LATE = Duration.ofSeconds(2);

  /** Bytes of the answer to the dial; that of a runner has some 200. */
  static final int HTTP_HEAD = 16 * 1024;

  /** Nothing heard for so long: the runner is asked. */
  static final Duration QUIET = Duration.ofSeconds(5);

  /** Nothing heard for so long: the connection is taken for dead. */
  static final Duration DEAD = Duration.ofSeconds(15);

  /** An acknowledgement goes with the next record, or after this. */
  static final Duration ACK = Duration.ofMillis(50);

  /**
   * Bytes sent and not acknowledged, at most: what lies in the queue of the library, which has no
   * bound of its own.
   */
  static final long IN_FLIGHT = 1024L * 1024;

  /** Bytes kept for sending and for sending again; whoever writes waits beyond it. */
  static final long KEPT = 4L * 1024 * 1024;

  /**
   * Fragments of one message at most: a runner of ours sends each in one, and empty ones would cost
   * memory that no limit of bytes sees.
   */
  static final int FRAGMENTS = 1024;

  /**
   * Answers to pings that may be queued, one after another, while the runner reads none: the
   * library's queue has no bound of its own.
   */
  static final int ANSWERS = 1024;

  /** Kind, offset and acknowledgement of a record. */
  static final int RECORD_HEAD = 17;

  /** Kind, offset, acknowledgement and end of what stands in for a record. */
  static final int GIVEN_UP_HEAD = 25;

  /** A message of the runner's at most. */
  static final int MESSAGE = Limits.RECORD + GIVEN_UP_HEAD;

  /** Characters of a token at least; the runner takes none that is shorter. */
  static final int TOKEN_MIN = 32;

  /** Bytes of a token's file at most: it goes into one header, whose head the runner bounds so. */
  static final int TOKEN_FILE = 16 * 1024;

  /** Bytes of a file of certificates at most; those of all public authorities have a quarter. */
  static final int CA_FILE = 1024 * 1024;

  private WebsocketLimits() {}
}
