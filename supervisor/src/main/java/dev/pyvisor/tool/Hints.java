package dev.pyvisor.tool;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Python type hints for what a JSON schema takes, as the runner has them for the same schema
 * (docs/tools.md).
 *
 * <p>Immutable.
 */
final class Hints {
  /** As in the runner: what is nested deeper is told as Any. */
  static final int DEPTH = 4;

  /** As in the runner: values, branches or fields that a hint names. */
  static final int CHOICES = 20;

  static final String ANY = "Any";

  private static final Map<String, String> PLAIN =
      Map.of(
          "integer", "int",
          "number", "float",
          "string", "str",
          "boolean", "bool",
          "array", "list",
          "object", "dict",
          "null", "None");

  private Hints() {}

  static String of(JsonNode schema) {
    return hint(schema, 0);
  }

  private static String hint(JsonNode schema, int depth) {
    if (!schema.isObject() || depth > DEPTH) {
      return ANY;
    }
    if (schema.has("const")) {
      return literal(List.of(schema.path("const")));
    }
    if (schema.path("enum").isArray()) {
      return literal(items(schema.path("enum")));
    }
    for (String word : List.of("anyOf", "oneOf")) {
      if (schema.path(word).isArray()) {
        return union(
            items(schema.path(word)).stream().map(branch -> hint(branch, depth + 1)).toList());
      }
    }
    JsonNode type = schema.path("type");
    if (type.isArray()) {
      return union(
          items(type).stream().map(one -> single(one.asString(""), schema, depth + 1)).toList());
    }
    return single(type.asString(""), schema, depth);
  }

  private static String single(String type, JsonNode schema, int depth) {
    if (type.equals("array")) {
      String items = hint(schema.path("items"), depth + 1);
      return items.equals(ANY) ? "list" : "list[" + items + "]";
    }
    if (type.equals("object")) {
      String values = hint(schema.path("additionalProperties"), depth + 1);
      return values.equals(ANY) ? "dict" : "dict[str, " + values + "]";
    }
    if (type.equals("string") && schema.path("format").asString("").equals("binary")) {
      return "bytes";
    }
    return PLAIN.getOrDefault(type, ANY);
  }

  private static String literal(List<JsonNode> values) {
    boolean usable =
        values.stream()
            .allMatch(
                value ->
                    value.isString()
                        || value.isBoolean()
                        || value.isIntegralNumber()
                        || value.isNull());
    if (usable && !values.isEmpty() && values.size() <= CHOICES) {
      return values.stream().map(Hints::written).collect(Collectors.joining(", ", "Literal[", "]"));
    }
    Set<String> kinds = values.stream().map(Hints::kind).collect(Collectors.toSet());
    return kinds.size() == 1 ? kinds.iterator().next() : ANY;
  }

  private static String kind(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> "str";
      case BOOLEAN -> "bool";
      case NUMBER -> value.isIntegralNumber() ? "int" : "float";
      case ARRAY -> "list";
      case OBJECT -> "dict";
      case NULL -> "None";
      default -> ANY;
    };
  }

  /** A value as Python writes it. */
  static String written(JsonNode value) {
    if (value.isString()) {
      return quoted(value.asString());
    } else if (value.isBoolean()) {
      return value.booleanValue() ? "True" : "False";
    } else if (value.isNull()) {
      return "None";
    } else if (value.isArray()) {
      return items(value).stream().map(Hints::written).collect(Collectors.joining(", ", "[", "]"));
    } else if (value.isObject()) {
      return value.properties().stream()
          .map(entry -> quoted(entry.getKey()) + ": " + written(entry.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
    }
    return value.toString();
  }

  private static String quoted(String text) {
    String quote = text.contains("'") && !text.contains("\"") ? "\"" : "'";
    String escaped =
        text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t");
    return quote + (quote.equals("'") ? escaped.replace("'", "\\'") : escaped) + quote;
  }

  /** The fields of an object with declared properties; null where there are none. */
  static @Nullable String fields(JsonNode schema) {
    JsonNode properties = schema.path("properties");
    if (!properties.isObject() || properties.isEmpty()) {
      return null;
    }
    Set<String> required = new LinkedHashSet<>();
    schema.path("required").forEach(name -> required.add(name.asString("")));
    List<String> fields = new ArrayList<>();
    for (Map.Entry<String, JsonNode> property : properties.properties()) {
      if (fields.size() == CHOICES) {
        fields.add("…");
        break;
      }
      List<String> notes = new ArrayList<>(List.of(of(property.getValue())));
      notes.remove(ANY);
      if (!required.contains(property.getKey())) {
        notes.add("optional");
      }
      fields.add(
          property.getKey() + (notes.isEmpty() ? "" : " (" + String.join(", ", notes) + ")"));
    }
    return String.join(", ", fields);
  }

  private static String union(List<String> hints) {
    if (hints.isEmpty() || hints.size() > CHOICES || hints.contains(ANY)) {
      return ANY;
    }
    Set<String> different = new LinkedHashSet<>(hints);
    if (different.size() == 1) {
      return hints.get(0);
    }
    if (different.size() == 2 && different.remove("None")) {
      return "Optional[" + different.iterator().next() + "]";
    }
    return "Union[" + String.join(", ", different) + "]";
  }

  private static List<JsonNode> items(JsonNode array) {
    List<JsonNode> items = new ArrayList<>();
    array.forEach(items::add);
    return items;
  }
}
