package dev.pyvisor.log;

import dev.pyvisor.wire.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One event on its way to the log.
 *
 * <p>Immutable.
 *
 * @param dropped how many events before it are missing
 */
record LogLine(Instant time, LogEvent event, Facts facts, long dropped) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final int HASH_BYTES = 8;

  /** The line as it is written, its end included; without anything secret. */
  byte[] bytes(Secrets secrets) {
    Redaction redaction = new Redaction(secrets);
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("time", TIME.format(time)).put("event", event.word());
    if (dropped > 0) {
      line.put("dropped", dropped);
    }
    line.setAll(redaction.object(facts.said()));
    byte[] code = facts.code();
    if (code != null) {
      line.put("code_bytes", code.length).put("code_sha256", hash(code));
    }
    facts.ends().forEach((name, text) -> line.put(name, redaction.end(text)));
    // By way of a String: half a surrogate pair becomes a question mark there, and no error.
    return (Json.MAPPER.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static String hash(byte[] code) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(code);
      return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java has it", impossible);
    }
  }
}
