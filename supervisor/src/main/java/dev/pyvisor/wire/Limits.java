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
  public static final int REPR = 4_096;
  public static final int GARBAGE_SHOWN = 200;

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

  private Limits() {}
}
