package dev.pyvisor.tool;

import dev.pyvisor.document.Conversions;
import dev.pyvisor.document.Document;
import dev.pyvisor.document.DocumentException;
import dev.pyvisor.document.DocumentReader;
import dev.pyvisor.document.DocumentWriter;
import dev.pyvisor.document.Schemas;
import dev.pyvisor.wire.Json;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The declared parameters of a tool: what Python is told of them, and how a call is bound to them.
 *
 * <p>Immutable.
 */
final class Signature {
  private final String tool;
  private final List<Slot> slots;
  private final Map<String, SyncedFile> files;
  private final @Nullable ObjectNode whole;

  /**
   * A parameter with what the host knows beyond its schema.
   *
   * <p>Immutable.
   *
   * @param parameter as Python sees it
   * @param argument the name under which the tool gets it
   * @param type as the tool wants it
   * @param takesNone whether {@code None} may be given
   * @param leftOut whether the tool gets nothing where nothing is given, and not a default
   * @param file how the tool gets the file that it names, where it names one
   */
  record Slot(
      ToolParameter parameter,
      String argument,
      Type type,
      boolean takesNone,
      boolean leftOut,
      Optional<SyncedFile> file) {

    /** The same, naming a file of the workspace. */
    Slot as(SyncedFile how) {
      return new Slot(parameter, argument, type, takesNone, leftOut, Optional.of(how));
    }
  }

  Signature(String tool, List<Slot> slots) {
    this(tool, slots, null);
  }

  /**
   * The same, with a schema that says more than those of the parameters.
   *
   * @param whole of all arguments as one object
   */
  Signature(String tool, List<Slot> slots, @Nullable ObjectNode whole) {
    this.tool = tool;
    this.whole = whole;
    this.slots = List.copyOf(slots);
    this.files = files(slots);
    List<String> names = parameters().stream().map(ToolParameter::name).toList();
    for (String name : names) {
      if (names.indexOf(name) != names.lastIndexOf(name)) {
        throw new IllegalArgumentException(tool + "(): two parameters are named " + name);
      }
    }
  }

  /** A parameter that must be given; an Optional need not, and is then empty. */
  static Slot required(String tool, String name, Type type, String about, boolean nullable) {
    boolean optional = Schemas.isOptional(type);
    boolean takesNone = nullable || optional || Schemas.isAny(type);
    return slot(tool, name, type, about, optional ? "null" : null, takesNone);
  }

  /**
   * A parameter with a default.
   *
   * @param otherwise the default as a plain value
   */
  static Slot optional(
      String tool, String name, Type type, String about, @Nullable Object otherwise) {
    String what = tool + "(): the default of " + name;
    Document document = DocumentWriter.write(otherwise);
    if (!document.attachments().isEmpty()) {
      throw new IllegalArgumentException(
          what + " holds bytes, which a signature cannot carry; use None for them");
    }
    String json = new String(document.json(), StandardCharsets.UTF_8);
    Object read = plain(json);
    if (read != null || isPrimitive(type)) {
      Conversions.convert(read, type, what);
    }
    boolean takesNone = read == null || Schemas.isOptional(type) || Schemas.isAny(type);
    return slot(tool, name, type, about, json, takesNone);
  }

  private static boolean isPrimitive(Type type) {
    return type instanceof Class<?> plain && plain.isPrimitive();
  }

  private static Slot slot(
      String tool,
      String name,
      Type type,
      String about,
      @Nullable String defaultJson,
      boolean takesNone) {
    Names.check(name, tool + "(): the parameter name");
    String schema = Schemas.of(type, tool + "(): parameter " + name);
    ToolParameter parameter =
        new ToolParameter(
            name, about, defaultJson == null, Optional.ofNullable(defaultJson), schema);
    return new Slot(parameter, name, type, takesNone, false, Optional.empty());
  }

  /** The parameters that name files of the workspace; every call asks for them. */
  Map<String, SyncedFile> files() {
    return files;
  }

  private static Map<String, SyncedFile> files(List<Slot> slots) {
    Map<String, SyncedFile> files = new LinkedHashMap<>();
    for (Slot slot : slots) {
      slot.file().ifPresent(how -> files.put(slot.parameter().name(), how));
    }
    return Collections.unmodifiableMap(files);
  }

  List<ToolParameter> parameters() {
    return slots.stream().map(Slot::parameter).toList();
  }

  /** The JSON schema of all arguments as one object. */
  ObjectNode schema() {
    if (whole != null) {
      return whole;
    }
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    ArrayNode required = schema.putArray("required");
    for (ToolParameter parameter : parameters()) {
      ObjectNode property = (ObjectNode) Json.MAPPER.readTree(parameter.schemaJson());
      if (!parameter.description().isEmpty()) {
        property.put("description", parameter.description());
      }
      parameter
          .defaultJson()
          .ifPresent(json -> property.set("default", Json.MAPPER.readTree(json)));
      properties.set(parameter.name(), property);
      if (parameter.required()) {
        required.add(parameter.name());
      }
    }
    return schema.put("additionalProperties", false);
  }

  /** The list of {@code parameters} in {@code tools.register}. */
  ArrayNode wireForm() {
    ArrayNode forms = JsonNodeFactory.instance.arrayNode();
    for (Slot slot : slots) {
      ToolParameter parameter = slot.parameter();
      ObjectNode form = forms.addObject();
      form.put("name", parameter.name()).put("required", parameter.required());
      if (!parameter.description().isEmpty()) {
        form.put("description", parameter.description());
      }
      parameter.defaultJson().ifPresent(json -> form.set("default", Json.MAPPER.readTree(json)));
      form.set("schema", Json.MAPPER.readTree(parameter.schemaJson()));
      if (slot.file().isPresent()) {
        form.put("file", true);
      }
    }
    return forms;
  }

  /**
   * Binds what the caller wrote to the parameters, each as its Java type, in their order.
   *
   * @throws IllegalArgumentException when it does not fit
   */
  Map<String, @Nullable Object> bind(
      List<@Nullable Object> positional, Map<String, @Nullable Object> named) {
    if (positional.size() > slots.size()) {
      throw new IllegalArgumentException(
          tool + "() takes " + slots.size() + " arguments, not " + positional.size());
    }
    Map<String, @Nullable Object> rest = new LinkedHashMap<>(named);
    Map<String, @Nullable Object> bound = new LinkedHashMap<>();
    for (int index = 0; index < slots.size(); index++) {
      Slot slot = slots.get(index);
      String name = slot.parameter().name();
      boolean byPosition = index < positional.size();
      boolean byName = rest.containsKey(name);
      if (byPosition && byName) {
        throw new IllegalArgumentException(tool + "() got argument " + name + " twice");
      }
      Object byNameValue = rest.remove(name);
      Object given = byPosition ? positional.get(index) : byNameValue;
      if (slot.leftOut() && given == null && !(slot.takesNone() && (byPosition || byName))) {
        continue; // who writes None for what need not be given means that it is not given
      }
      Object value = byPosition || byName ? given : defaultOf(slot.parameter());
      bound.put(slot.argument(), converted(value, slot));
    }
    if (!rest.isEmpty()) {
      throw new IllegalArgumentException(
          tool + "() has no argument " + String.join(", ", rest.keySet()) + "; it has " + names());
    }
    return bound;
  }

  private @Nullable Object converted(@Nullable Object value, Slot slot) {
    String what = tool + "(): argument " + slot.parameter().name();
    if (value == null && !slot.takesNone()) {
      // Says what is wanted; where the type itself would take null, the tool still does not.
      throw new IllegalArgumentException(
          what + " must not be None; its schema is " + slot.parameter().schemaJson());
    }
    return Conversions.convert(value, slot.type(), what);
  }

  private @Nullable Object defaultOf(ToolParameter parameter) {
    String json =
        parameter
            .defaultJson()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        tool + "(): argument " + parameter.name() + " is missing"));
    return plain(json);
  }

  private String names() {
    List<String> names = new ArrayList<>();
    parameters().forEach(parameter -> names.add(parameter.name()));
    return names.isEmpty() ? "none" : String.join(", ", names);
  }

  /**
   * The plain value of a default.
   *
   * @throws DocumentException when it is not JSON
   */
  static @Nullable Object plain(String json) {
    return new DocumentReader(List.of()).read(json);
  }
}
