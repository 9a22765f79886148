package dev.pyvisor.wire;

import dev.pyvisor.error.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What says in place of a frame that no connection has survived it (REC-19). Whatever asked or
 * waits is answered all the same: a request becomes one that says that it was given up, a reply an
 * error of the same id.
 *
 * <p>Immutable.
 */
public final class StandIn {
  private static final String PARAM = "givenUp";
  private static final String OF_A_REPLY = "reply";
  private static final int ONE_ATTACHMENT = Limits.MESSAGE_HEAD + Limits.ATTACHMENT_LENGTH;
  private static final int LENGTH_AT = 0;
  private static final int KIND_AT = 4;
  private static final int FLAGS_AT = 5;
  private static final int BEGINNING = 512; // characters in which id and method stand, or nowhere
  private static final Pattern ENVELOPE =
      Pattern.compile(
          "\\{\"jsonrpc\": ?\"2\\.0\", ?(?:\"id\": ?(?<id>-?[0-9]{1,20}|\"[^\"\\\\]{0,64}\"), ?)?"
              + "\"(?<what>method|result|error)\": ?(?:\"(?<method>[a-z_.]{1,64})\")?");

  /** Without its params the host would have a wrong idea of the session. */
  private static final Set<String> NEEDED = Set.of("generation");

  private StandIn() {}

  /** Why a request or a notification has none of its own params; empty where it has. */
  public static Optional<String> reason(JsonNode params) {
    JsonNode why = params.path(PARAM);
    return params.size() == 1 && why.isString() ? Optional.of(why.stringValue()) : Optional.empty();
  }

  /** The same of a notification, at the cost of a look at its beginning where it is whole. */
  public static Optional<String> reasonOf(String method, byte[] envelope) {
    byte[] begins =
        ("{\"jsonrpc\":\"2.0\",\"method\":\"" + method + "\",\"params\":{\"" + PARAM + "\":")
            .getBytes(StandardCharsets.US_ASCII);
    int differs = Arrays.mismatch(begins, envelope);
    return differs == begins.length && JsonRpc.parse(envelope) instanceof Envelope.Notification said
        ? reason(said.params())
        : Optional.empty();
  }

  /** Whether it was the reply that no connection survived: then the request was carried out. */
  public static boolean ofReply(JsonNode error) {
    return error.path("data").path(OF_A_REPLY).asBoolean(false);
  }

  /** Why, as a chunk with the flag GIVEN_UP says, if there was room for it. */
  static String reasonOfChunk(byte[] body) {
    int end = body.length;
    while (end > 0 && body[end - 1] == 0) {
      end--;
    }
    return end == body.length
        ? "transport_poison: no connection survived a piece of the message"
        : new String(body, 0, end, StandardCharsets.US_ASCII);
  }

  /**
   * Output that will never come.
   *
   * <p>Immutable.
   *
   * @param bytes how much of it
   */
  public record LostOutput(int bytes, String why) {
    /** As a frame of output with the flag GIVEN_UP says. */
    public static LostOutput of(Frame frame) {
      byte[] body = frame.body();
      int bytes = body.length < Integer.BYTES ? -1 : ByteBuffer.wrap(body).getInt();
      if (bytes < 0 || bytes > Limits.FRAME_BODY) {
        throw new ProtocolError("REC-19", "output that was given up has no size", body);
      }
      int text = body.length - Integer.BYTES;
      return new LostOutput(
          bytes, new String(body, Integer.BYTES, text, StandardCharsets.US_ASCII));
    }
  }

  static Optional<byte[]> of(byte[] frame, String why) {
    ByteBuffer header = ByteBuffer.wrap(frame);
    int flags = header.get(FLAGS_AT) & 0xff;
    FrameKind kind = FrameKind.of(header.get(KIND_AT) & 0xff);
    boolean message = kind == FrameKind.MESSAGE || kind == FrameKind.RELAY;
    boolean output = kind == FrameKind.STDOUT || kind == FrameKind.STDERR;
    if (output) {
      return Optional.of(output(frame, flags, why));
    }
    if (message && !Flag.FIRST.in(flags)) {
      return Optional.of(chunk(frame, flags, why));
    }
    return message ? first(header, flags, why) : Optional.empty();
  }

  private static byte[] output(byte[] frame, int flags, String why) {
    byte[] text = why.getBytes(StandardCharsets.US_ASCII);
    int body = Integer.BYTES + text.length;
    return ByteBuffer.allocate(Limits.FRAME_HEADER + body)
        .put(frame, 0, Limits.FRAME_HEADER)
        .putInt(frame.length - Limits.FRAME_HEADER)
        .put(text)
        .putInt(LENGTH_AT, Limits.FRAME_LENGTH_MIN + body)
        .put(FLAGS_AT, (byte) (flags | Flag.GIVEN_UP.bit()))
        .array();
  }

  /** As long as it was: so many bytes of its message are awaited. */
  private static byte[] chunk(byte[] frame, int flags, String why) {
    byte[] text = why.getBytes(StandardCharsets.US_ASCII);
    int size = Math.min(text.length, frame.length - Limits.FRAME_HEADER);
    return ByteBuffer.allocate(Limits.FRAME_HEADER + size)
        .put(frame, 0, Limits.FRAME_HEADER)
        .put(text, 0, size)
        .put(FLAGS_AT, (byte) (flags | Flag.GIVEN_UP.bit()))
        .array();
  }

  private static Optional<byte[]> first(ByteBuffer frame, int flags, String why) {
    int size = frame.limit() - Limits.FRAME_HEADER;
    frame.position(Limits.FRAME_HEADER);
    long payload = frame.getInt();
    int attachments = frame.getShort() & 0xffff;
    int head = Limits.MESSAGE_HEAD + Limits.ATTACHMENT_LENGTH * attachments;
    for (int index = 0; index < attachments; index++) {
      payload += frame.getInt();
    }
    byte[] beginning = new byte[Math.min(BEGINNING, frame.remaining())];
    frame.get(beginning);
    Optional<byte[]> found = envelope(beginning, why);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    byte[] envelope = found.get();
    int filler = size - ONE_ATTACHMENT - envelope.length;
    if (filler < 0 && !Flag.LAST.in(flags)) {
      return Optional.empty();
    }
    boolean fills = filler >= 0;
    int body = (fills ? ONE_ATTACHMENT : Limits.MESSAGE_HEAD) + envelope.length;
    ByteBuffer instead =
        ByteBuffer.allocate(Limits.FRAME_HEADER + body).put(frame.array(), 0, Limits.FRAME_HEADER);
    instead.putInt(envelope.length).putShort((short) (fills ? 1 : 0));
    if (fills) {
      // What the frames behind this one bring is a part of the filler.
      instead.putInt((int) (filler + payload - (size - head)));
    } else {
      instead.putInt(LENGTH_AT, Limits.FRAME_LENGTH_MIN + body);
    }
    return Optional.of(instead.put(envelope).array());
  }

  /**
   * The same id or method as in this beginning of an envelope; empty where it tells neither, or may
   * not be missing.
   */
  static Optional<byte[]> envelope(byte[] beginning, String why) {
    String text =
        new String(
            beginning, 0, Math.min(BEGINNING, beginning.length), StandardCharsets.ISO_8859_1);
    Matcher found = ENVELOPE.matcher(text);
    if (!found.lookingAt()) {
      return Optional.empty();
    }
    String id = found.group("id");
    String method = found.group("method");
    if (!found.group("what").equals("method")) {
      ObjectNode reply = JsonNodeFactory.instance.objectNode().put(OF_A_REPLY, true);
      return Optional.ofNullable(id)
          .map(known -> JsonRpc.error(known, ErrorCode.TRANSPORT_POISON, why, reply));
    }
    if (method == null || (id == null && NEEDED.contains(method))) {
      return Optional.empty();
    }
    String params = JsonNodeFactory.instance.objectNode().put(PARAM, why).toString();
    String said = "{\"jsonrpc\":\"2.0\"," + (id == null ? "" : "\"id\":" + id + ",");
    return Optional.of(
        (said + "\"method\":\"" + method + "\",\"params\":" + params + "}")
            .getBytes(StandardCharsets.UTF_8));
  }
}
