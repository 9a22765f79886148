package dev.pyvisor.tool;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Parameters that a JSON schema declares, as somebody else wrote it.
 *
 * <p>Immutable.
 */
final class SchemaSignature {
  private SchemaSignature() {}

  static Signature of(String tool, String json) {
    ObjectNode schema = read(tool, json);
    Set<String> required = required(tool, schema);
    Map<String, String> properties = new LinkedHashMap<>(); // of Python's names
    List<Signature.Slot> first = new ArrayList<>();
    List<Signature.Slot> later = new ArrayList<>();
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      String name = property.getKey();
      String inPython = Names.near(name);
      String other = properties.put(inPython, name);
      if (other != null) {
        throw new IllegalArgumentException(
            tool
                + "(): the properties '"
                + other
                + "' and '"
                + name
                + "' would both be "
                + inPython
                + " in Python; rename one of them");
      }
      // Python has those first that must be given; a schema has no order.
      (required.contains(name) ? first : later)
          .add(slot(inPython, name, property.getValue(), required.contains(name)));
    }
    required.removeAll(properties.values());
    if (!required.isEmpty()) {
      throw new IllegalArgumentException(
          tool + "(): the schema requires " + required + ", which are none of its properties");
    }
    first.addAll(later);
    return new Signature(tool, first, schema);
  }

  private static ObjectNode read(String tool, String json) {
    JsonNode schema = SchemaText.read(tool, json);
    boolean ofObject = schema.path("type").asString("object").equals("object");
    if (!(schema instanceof ObjectNode object)
        || !ofObject
        || !(object.path("properties").isObject() || object.path("properties").isMissingNode())) {
      throw new IllegalArgumentException(
          tool + "(): the schema has to be one of an object, with its parameters as properties");
    }
    return object;
  }

  private static Set<String> required(String tool, ObjectNode schema) {
    JsonNode names = schema.path("required");
    Set<String> required = new HashSet<>();
    for (JsonNode name : names) {
      required.add(name.asString(""));
    }
    if (!names.isMissingNode() && !names.isArray()) {
      throw new IllegalArgumentException(
          tool + "(): 'required' of the schema has to be a list of names, and is " + names);
    }
    return required;
  }

  private static Signature.Slot slot(
      String inPython, String name, JsonNode schema, boolean required) {
    String about = schema.path("description").asString("");
    if (!inPython.equals(name)) {
      about = (about.isEmpty() ? "" : about + " ") + "(the host's " + name + ")";
    }
    JsonNode otherwise = schema.path("default");
    ToolParameter parameter =
        new ToolParameter(
            inPython,
            about,
            required,
            required || otherwise.isMissingNode()
                ? Optional.empty()
                : Optional.of(otherwise.toString()),
            schema.toString());
    boolean takesNone = takesNull(schema);
    return new Signature.Slot(
        parameter, name, Object.class, required || takesNone, !required, Optional.empty());
  }

  /** Whether null is said to fit; what is behind a reference is not looked up. */
  private static boolean takesNull(JsonNode schema) {
    if (schema.path("type").asString("").equals("null")) {
      return true;
    }
    for (JsonNode type : schema.path("type")) {
      if (type.asString("").equals("null")) {
        return true;
      }
    }
    for (String list : List.of("anyOf", "oneOf")) {
      for (JsonNode branch : schema.path(list)) {
        if (takesNull(branch)) {
          return true;
        }
      }
    }
    for (JsonNode value : schema.path("enum")) {
      if (value.isNull()) {
        return true;
      }
    }
    return false;
  }
}
