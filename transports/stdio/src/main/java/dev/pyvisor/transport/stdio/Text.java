package dev.pyvisor.transport.stdio;

import dev.pyvisor.wire.Surrogates;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Text that Python may have and UTF-8 cannot carry: with lone surrogates.
 *
 * <p>Immutable.
 */
final class Text {
  private static final byte[] REPLACEMENT = "\uFFFD".getBytes(StandardCharsets.UTF_8);

  private Text() {}

  /** A field that is text; otherwise the other. */
  static String of(JsonNode node, String name, String otherwise) {
    JsonNode value = node.path(name);
    return value.isString() ? value.stringValue() : otherwise;
  }

  /** Puts text where the host's wire carries no lone surrogates. */
  static void put(ObjectNode node, String name, String text) {
    node.put(name, Surrogates.areIn(text) ? Surrogates.escape(text) : text);
  }

  /** Its bytes, with U+FFFD for a lone surrogate. */
  static byte[] utf8(String text) {
    if (!Surrogates.areIn(text)) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    try {
      ByteBuffer encoded =
          StandardCharsets.UTF_8
              .newEncoder()
              .onMalformedInput(CodingErrorAction.REPLACE)
              .replaceWith(REPLACEMENT)
              .encode(CharBuffer.wrap(text));
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return bytes;
    } catch (CharacterCodingException impossible) {
      throw new AssertionError("what is malformed is replaced", impossible);
    }
  }
}
