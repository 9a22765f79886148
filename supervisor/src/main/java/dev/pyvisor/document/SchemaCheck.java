package dev.pyvisor.document;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import tools.jackson.databind.JsonNode;

/**
 * Whether a JSON schema says only what the runner can check: a word that it passed over would let
 * through what its author has forbidden.
 *
 * <p>Immutable.
 */
public final class SchemaCheck {
  private static final Set<String> TYPES =
      Set.of("null", "boolean", "integer", "number", "string", "array", "object");

  /** Words that say nothing about a value, or that nobody has to check. */
  private static final Set<String> NOTES =
      Set.of(
          "title",
          "description",
          "default",
          "examples",
          "deprecated",
          "readOnly",
          "writeOnly",
          "format",
          "$schema",
          "$id",
          "$comment");

  private static final Set<String> VALUES = Set.of("enum", "const");
  private static final Set<String> COUNTS =
      Set.of("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties");
  private static final Set<String> BOUNDS =
      Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum");
  private static final Set<String> INNER = Set.of("items", "additionalProperties", "not");
  private static final Set<String> LISTS = Set.of("prefixItems", "anyOf", "oneOf", "allOf");
  private static final Set<String> NAMED = Set.of("properties", "$defs", "definitions");
  private static final Set<String> OTHERS =
      Set.of("type", "required", "pattern", "uniqueItems", "$ref");

  private final JsonNode root;

  private SchemaCheck(JsonNode root) {
    this.root = root;
  }

  /**
   * Checks the schema of an object.
   *
   * @param what names it in the error
   * @throws IllegalArgumentException when it is none, or has a word that cannot be checked
   */
  public static void ofObject(JsonNode schema, String what) {
    if (!schema.isObject() || !schema.path("type").asString("").equals("object")) {
      throw new IllegalArgumentException(
          what + " has to be a JSON object with \"type\": \"object\", not " + Shown.of(schema));
    }
    new SchemaCheck(schema).check(schema, what);
  }

  private void check(JsonNode schema, String place) {
    if (schema.isBoolean()) {
      return;
    }
    require(schema.isObject(), place, "an object or a boolean", schema);
    for (Map.Entry<String, JsonNode> word : schema.properties()) {
      check(word.getKey(), word.getValue(), place + "." + word.getKey());
    }
  }

  private void check(String word, JsonNode told, String place) {
    if (NOTES.contains(word) || word.equals("const")) {
      return;
    }
    if (COUNTS.contains(word)) {
      boolean number = told.isIntegralNumber() && told.canConvertToInt() && told.intValue() >= 0;
      require(number, place, "a whole number from 0 on", told);
    } else if (BOUNDS.contains(word)) {
      require(told.isNumber(), place, "a number", told);
    } else if (INNER.contains(word)) {
      check(told, place);
    } else if (LISTS.contains(word)) {
      require(told.isArray() && !told.isEmpty(), place, "a list of schemas", told);
      for (int index = 0; index < told.size(); index++) {
        check(told.get(index), place + "[" + index + "]");
      }
    } else if (NAMED.contains(word)) {
      require(told.isObject(), place, "an object of schemas", told);
      told.properties().forEach(entry -> check(entry.getValue(), place + "." + entry.getKey()));
    } else {
      checkOther(word, told, place);
    }
  }

  private void checkOther(String word, JsonNode told, String place) {
    switch (word) {
      case "type" -> types(told, place);
      case "enum" -> require(told.isArray() && !told.isEmpty(), place, "a list of values", told);
      case "required" -> {
        require(told.isArray(), place, "a list of names", told);
        told.forEach(name -> require(name.isString(), place, "a list of names", told));
      }
      case "uniqueItems" -> require(told.isBoolean(), place, "true or false", told);
      case "pattern" -> pattern(told, place);
      case "$ref" -> reference(told, place);
      default ->
          throw new IllegalArgumentException(
              place + " is no word that a value can be checked by here; known are " + known());
    }
  }

  private static void types(JsonNode told, String place) {
    boolean good = told.isString() && TYPES.contains(told.stringValue());
    if (told.isArray() && !told.isEmpty()) {
      good = true;
      for (JsonNode one : told) {
        good &= one.isString() && TYPES.contains(one.stringValue());
      }
    }
    require(good, place, "one of " + String.join(", ", new TreeSet<>(TYPES)), told);
  }

  private static void pattern(JsonNode told, String place) {
    require(told.isString(), place, "a text", told);
    try {
      Pattern.compile(told.stringValue());
    } catch (PatternSyntaxException problem) {
      throw new IllegalArgumentException(
          place + " is no pattern: " + problem.getDescription() + " in " + Shown.of(told), problem);
    }
  }

  private void reference(JsonNode told, String place) {
    require(told.isString(), place, "a text", told);
    String text = told.stringValue();
    boolean known = text.equals("#") || text.startsWith("#/");
    require(
        known && !root.at(text.substring(known ? 1 : 0)).isMissingNode(),
        place,
        "a reference to a place within this schema, as #/$defs/name",
        told);
  }

  private static void require(boolean holds, String place, String wanted, JsonNode told) {
    if (!holds) {
      throw new IllegalArgumentException(
          place + " has to be " + wanted + ", not " + Shown.of(told));
    }
  }

  private static String known() {
    Set<String> all = new TreeSet<>();
    for (Set<String> words : List.of(VALUES, COUNTS, BOUNDS, INNER, LISTS, NAMED, OTHERS)) {
      all.addAll(words);
    }
    return String.join(", ", all);
  }
}
