package dev.pyvisor.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;

/**
 * Reads one document: a map of keys and values, where a value may be a list, and the variables and
 * the options of a backend may be a map in it.
 *
 * <p>It goes through the parser's tokens and takes every value as the text that was written. So a
 * line is known for each, YAML's ideas of what is a number or a truth play no part, and references
 * are seen, not followed: nothing in a document can grow. What the libraries say of a malformed
 * document is never passed on, for they quote it, and secrets stand in it.
 *
 * <p>Confined to the thread that reads.
 */
final class ConfigReader {
  private final String source;
  private final ConfigFormat format;
  private final JsonParser parser;
  private final Assignments found = new Assignments();

  private ConfigReader(String source, ConfigFormat format, JsonParser parser) {
    this.source = source;
    this.format = format;
    this.parser = parser;
  }

  static Map<String, Assigned> read(String text, ConfigFormat format, String source) {
    try (JsonParser parser = format.parser(text)) {
      ConfigReader reader = new ConfigReader(source, format, parser);
      reader.document(text);
      return reader.found.all();
    }
  }

  private void document(String text) {
    try {
      root();
    } catch (StreamConstraintsException beyond) {
      found.refuse(here(), "is nested deeper, or has a longer number, than any value needs");
    } catch (JacksonException malformed) {
      int line = line(malformed);
      found.refuse(
          Origin.line(source, line),
          indentedByTab(text, line)
              ? "has a tab in its indentation; write spaces"
              : "is no " + format.word() + " from here on; " + format.advice());
    }
  }

  private void root() {
    JsonToken first = parser.nextToken();
    if (format == ConfigFormat.YAML && (first == null || first == JsonToken.VALUE_NULL)) {
      // Comments alone: nothing is set.
      end();
      return;
    }
    if (first != JsonToken.START_OBJECT) {
      found.refuse(here(), "a map of keys and values is needed, in JSON {...}");
      return;
    }
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      if (found.full()) {
        return;
      }
      String name = parser.currentName();
      Origin origin = here();
      JsonToken token = parser.nextToken();
      if (!found.first(name, origin)) {
        parser.skipChildren();
      } else if (token == JsonToken.START_OBJECT && found.keys().find(name).isEmpty()) {
        group(name, origin);
      } else {
        value(name, origin);
      }
    }
    end();
  }

  private void end() {
    if (parser.nextToken() != null) {
      found.refuse(here(), "another document begins; one is read, so keep one");
    }
  }

  /** A map in the document: the keys in it have its name in front. */
  private void group(String name, Origin origin) {
    if (refusedForm(name, origin)) {
      return;
    }
    boolean empty = true;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      if (found.full()) {
        return;
      }
      empty = false;
      String full = name + "." + parser.currentName();
      Origin inside = here();
      parser.nextToken();
      if (found.first(full, inside)) {
        value(full, inside);
      } else {
        parser.skipChildren();
      }
    }
    if (empty && !found.keys().isGroup(name)) {
      found.refuse(origin, found.keys().unknown(name));
    }
  }

  private void value(String name, Origin origin) {
    Optional<ConfigKey> known = found.keys().find(name);
    if (known.isEmpty()) {
      found.refuse(origin, found.keys().unknown(name));
      parser.skipChildren();
    } else if (!refusedForm(name, origin)) {
      value(known.get(), origin);
    }
  }

  private void value(ConfigKey key, Origin origin) {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_ARRAY) {
      list(key, origin);
    } else if (token == JsonToken.START_OBJECT) {
      parser.skipChildren();
      found.refuse(key, origin, "a map is no " + key.type());
    } else if (token == JsonToken.VALUE_NULL) {
      found.refuse(key, origin, "has no value; leave the key out for its default");
    } else {
      found.add(key, parser.getString(), origin);
    }
  }

  private void list(ConfigKey key, Origin origin) {
    List<String> items = new ArrayList<>();
    boolean plain = key.list();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      plain &= isText(parser.currentToken()) && oddity().isEmpty();
      items.add(plain ? parser.getString() : "");
      parser.skipChildren();
    }
    if (!key.list()) {
      found.refuse(key, origin, "a list is no " + key.type());
    } else if (!plain) {
      found.refuse(key, origin, "has an item that is no text; write a " + key.type());
    } else {
      found.add(key, String.join(",", items), origin);
    }
  }

  private static boolean isText(JsonToken token) {
    return token.isScalarValue() && token != JsonToken.VALUE_NULL;
  }

  private boolean refusedForm(String name, Origin origin) {
    String oddity = oddity();
    if (oddity.isEmpty()) {
      return false;
    }
    parser.skipChildren();
    found.refuse(origin, Quote.bare(name) + ": " + oddity + " is not read; write the value itself");
    return true;
  }

  /** YAML's references and types: what they would do is for others to do, or for nobody. */
  private String oddity() {
    if (format == ConfigFormat.JSON) {
      return "";
    }
    if (YamlParsers.atAlias(parser)) {
      return "an alias";
    }
    return parser.getTypeId() == null ? "" : "a tag";
  }

  private Origin here() {
    return Origin.line(source, Math.max(1, parser.currentTokenLocation().getLineNr()));
  }

  private int line(JacksonException malformed) {
    if (format == ConfigFormat.YAML) {
      OptionalInt marked = YamlParsers.markedLine(malformed);
      if (marked.isPresent()) {
        return marked.getAsInt();
      }
    }
    TokenStreamLocation location = malformed.getLocation();
    return Math.max(1, (location == null ? parser.currentLocation() : location).getLineNr());
  }

  private static boolean indentedByTab(String text, int line) {
    return text.lines().skip(line - 1L).findFirst().orElse("").matches(" *\\t.*");
  }
}
