package dev.pyvisor.log;

import dev.pyvisor.Defaults;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Copies data for one line of a log, without what is secret and within bounds.
 *
 * <p>Confined to the thread that writes.
 */
final class Redaction {
  /** Behind the end of what is shown, so that a secret across it is known for one. */
  private static final int BEYOND = 8 * 1024;

  /** The first so many characters of a text are looked at. */
  static final int LOOKED_AT = Defaults.LOG_TEXT + BEYOND;

  private static final int LONGEST_NUMBER = 64;
  private static final String MORE = "…";

  private final Secrets secrets;
  private int left = Defaults.LOG_LINE;

  Redaction(Secrets secrets) {
    this.secrets = secrets;
  }

  /** An object of facts: our own names, and data of any shape below them. */
  ObjectNode object(JsonNode facts) {
    return object(facts, 0);
  }

  /** The beginning of a text. */
  String beginning(String text) {
    String shown = secrets.without(text.substring(0, Math.min(text.length(), LOOKED_AT)));
    return text.length() <= Defaults.LOG_TEXT && shown.length() <= Defaults.LOG_TEXT
        ? shown
        : cut(shown, Defaults.LOG_TEXT);
  }

  /** The end of a text. */
  String end(String text) {
    String shown = secrets.without(text);
    int from = shown.length() - Defaults.LOG_PARTIAL;
    return from <= 0 ? shown : MORE + shown.substring(from);
  }

  private static String cut(String text, int most) {
    return text.substring(0, Math.min(text.length(), most)) + MORE;
  }

  private JsonNode of(JsonNode value, int depth) {
    if (value.isObject()) {
      return object(value, depth);
    }
    if (value.isArray()) {
      return array(value, depth);
    }
    if (value.isString()) {
      return text(value.asString());
    }
    String number = value.toString();
    return number.length() > LONGEST_NUMBER ? text(number) : spent(value, number.length());
  }

  private JsonNode text(String text) {
    String shown = beginning(text);
    return spent(JsonNodeFactory.instance.stringNode(shown), shown.length());
  }

  private JsonNode spent(JsonNode node, int characters) {
    left -= characters + 1;
    return node;
  }

  private ObjectNode object(JsonNode value, int depth) {
    ObjectNode copy = JsonNodeFactory.instance.objectNode();
    int taken = 0;
    for (Map.Entry<String, JsonNode> field : value.properties()) {
      if (full(taken, depth)) {
        copy.put(MORE, (value.size() - taken) + " more");
        break;
      }
      String name = beginning(field.getKey());
      left -= name.length();
      copy.set(
          name,
          Secrets.named(field.getKey())
              ? JsonNodeFactory.instance.stringNode(Secrets.REDACTED)
              : of(field.getValue(), depth + 1));
      taken++;
    }
    return copy;
  }

  private ArrayNode array(JsonNode value, int depth) {
    ArrayNode copy = JsonNodeFactory.instance.arrayNode();
    for (JsonNode item : value) {
      if (full(copy.size(), depth)) {
        copy.add(MORE + (value.size() - copy.size()) + " more");
        break;
      }
      copy.add(of(item, depth + 1));
    }
    return copy;
  }

  private boolean full(int taken, int depth) {
    return taken >= Defaults.LOG_ITEMS || depth >= Defaults.LOG_DEPTH || left <= 0;
  }
}
