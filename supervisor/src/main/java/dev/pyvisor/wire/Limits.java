package dev.pyvisor.wire;

/**
 * The limits of the wire: the table of PROTOCOL.md section 10, which states the reasons, and what
 * follows from it.
 *
 * <p>Immutable.
 */
public final class Limits {
  public static final int PROTOCOL_VERSION = 1;

  public static final int FRAME = 65_536;
  public static final int MESSAGE = 67_108_864;
  public static final int CONTROL_MESSAGE = 1_048_576;
  public static final int KERNEL_ENVELOPE = 32_768;
  public static final int ATTACHMENTS = 1_024;
  public static final int OPEN_MESSAGES = 512;
  public static final int JSON_DEPTH = 100;
  public static final int OUTPUT_WINDOW = 1_048_576;
  public static final int KERNEL_WINDOW = 8_388_608;
  public static final int TOOL_CALLS = 128;
  public static final int CHANNELS = 256;
  public static final int TOOLS = 1_024;
  public static final int SESSIONS = 64;
  public static final int NAMED_CHECKPOINTS = 4;
  public static final int FILE_CHUNK = 262_144;
  public static final int FILE_ENTRIES = 10_000;
  public static final int FILE_PATH = 4_096;
  public static final int FILE_DEPTH = 64;
  public static final int TRANSFERS = 8;
  public static final int TRANSFER_ENTRIES = 100_000;
  public static final int DISPLAYS = 100;
  public static final int DISPLAY_BYTES = 33_554_432;
  public static final int REPR = 4_096;
  public static final int GARBAGE_SHOWN = 200;

  /** Bytes of one name in a path: what file systems hold. */
  public static final int FILE_NAME = 255;

  public static final int FRAME_LENGTH_FIELD = 4;
  public static final int FRAME_HEADER = 24;
  public static final int FRAME_LENGTH_MIN = FRAME_HEADER - FRAME_LENGTH_FIELD;
  public static final int FRAME_LENGTH_MAX = FRAME - FRAME_LENGTH_FIELD;
  public static final int FRAME_BODY = FRAME - FRAME_HEADER;
  public static final int MESSAGE_HEAD = 6;
  public static final int ATTACHMENT_LENGTH = 4;
  public static final int PING_BODY = 8;
  public static final int CREDIT_BODY = 5;

  /** More credit than this on a lane is a protocol violation (TRN-4). */
  public static final int CREDIT_MAX = Integer.MAX_VALUE;

  /**
   * Bytes of all half-received messages together. Not a number of the protocol but the host's own
   * protection: 512 open messages of 64 MiB each would be 32 GiB.
   */
  public static final long OPEN_BYTES = 4L * MESSAGE;

  /** Bytes of a record at most: a ping waits for no more than this. */
  public static final int RECORD = FRAME;

  /** A link that dies every 8 KiB survives several of these. */
  public static final int RECORD_MIN = 1_024;

  /** Without progress: one or two cuts say nothing about the size of what was sent. */
  public static final int RECORD_CUTS_BEFORE_SMALLER = 3;

  /** Bytes taken over since the last cut: only then a link is trusted with large pieces again. */
  public static final int RECORD_GROW = 1_048_576;

  /** By then the smallest piece has been tried three times. */
  public static final int RECORD_CUTS_BEFORE_POISON = 8;

  /**
   * By which pieces become smaller: so the least is tried three times before a frame is given up.
   */
  public static final int RECORD_SHRINK = 4;

  /**
   * Bytes taken over since the last cut in the least pieces: one at a time is too slow for a link
   * that lives.
   */
  public static final int RECORD_CALM = 65_536;

  /** Bytes taken over before that is said at once. */
  public static final int RECORD_ACK_BYTES = 65_536;

  /** The same for small records. */
  public static final int RECORD_ACK_RECORDS = 32;

  private Limits() {}
}
