package dev.pyvisor.wire;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Method and id of an envelope, read without its params: the reader thread routes a call of 60 MB
 * and leaves the parsing to the thread that runs it. Both are null where they do not stand plainly
 * before the params, or where the envelope is something else: then a full parse says what it is.
 *
 * <p>Immutable.
 *
 * @param name the param of that name, where it stands first: the tool of a call
 */
public record EnvelopePeek(@Nullable String method, @Nullable String id, @Nullable String name) {
  private static final EnvelopePeek NOTHING = new EnvelopePeek(null, null, null);

  public static EnvelopePeek of(byte[] envelope) {
    String method = null;
    String id = null;
    String called = null;
    try (JsonParser parser = Json.MAPPER.createParser(envelope)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return NOTHING;
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("method") && value == JsonToken.VALUE_STRING) {
          method = parser.getString();
        } else if (name.equals("id")) {
          id = idText(parser, value);
        } else if (name.equals("params")) {
          called = firstName(parser, value);
          break;
        } else {
          parser.skipChildren();
        }
      }
    } catch (JacksonException malformed) {
      return NOTHING;
    }
    return new EnvelopePeek(method, id, called);
  }

  private static @Nullable String firstName(JsonParser parser, JsonToken value) {
    try {
      return value == JsonToken.START_OBJECT
              && parser.nextToken() == JsonToken.PROPERTY_NAME
              && parser.currentName().equals("name")
              && parser.nextToken() == JsonToken.VALUE_STRING
          ? parser.getString()
          : null;
    } catch (JacksonException malformed) {
      return null;
    }
  }

  private static @Nullable String idText(JsonParser parser, JsonToken value) {
    return switch (value) {
      case VALUE_STRING -> JsonRpc.quoted(parser.getString());
      case VALUE_NUMBER_INT -> parser.getString();
      case VALUE_NULL -> JsonRpc.NULL_ID;
      default -> null;
    };
  }
}
