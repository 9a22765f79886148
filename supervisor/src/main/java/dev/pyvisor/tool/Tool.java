package dev.pyvisor.tool;

import dev.pyvisor.document.Conversions;
import dev.pyvisor.document.DocumentReader;
import dev.pyvisor.document.DocumentWriter;
import dev.pyvisor.wire.Json;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A Java callable that Python code calls by its name. Made from a function or from an object's {@link HostTool} methods.
 *
 * <p>Immutable.
 */
public final class Tool {
  private final String name;
  private final String description;
  private final @Nullable List<Slot> slots;
  private final ToolFunction function;

  /** A parameter with what the host knows of it beyond its schema. */
  record Slot(ToolParameter parameter, Type type) {}

  Tool(String name, String description, @Nullable List<Slot> slots, ToolFunction function) {
    this.name = Names.check(name, "the tool name");
    this.description = description;
    this.slots = slots == null ? null : List.copyOf(slots);
    this.function = function;
  }

  /** A tool that takes whatever arguments it is given. */
  public static Tool of(String name, ToolFunction function) {
    return new Tool(name, "", null, function);
  }

  /** A tool with declared parameters. */
  public static Builder named(String name) {
    return new Builder(name);
  }

  /**
   * A tool for each public method with {@link HostTool}, inherited ones included.
   *
   * @throws IllegalArgumentException when a name cannot be written in Python, stands twice, or is not known; when a default does
   *     not fit its type; when there is no such method
   */
  public static List<Tool> fromObject(Object annotated) {
    return AnnotatedTools.of(annotated);
  }

  public String name() {
    return name;
  }

  /** What it does; empty if it does not say. */
  public String description() {
    return description;
  }

  /** Its parameters in order; empty for one that takes anything, too. */
  public List<ToolParameter> parameters() {
    return slots == null ? List.of() : slots.stream().map(Slot::parameter).toList();
  }

  /** The JSON schema of all arguments as one object. */
  public String schemaJson() {
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    ArrayNode required = schema.putArray("required");
    for (ToolParameter parameter : parameters()) {
      ObjectNode property = (ObjectNode) Json.MAPPER.readTree(parameter.schemaJson());
      if (!parameter.description().isEmpty()) {
        property.put("description", parameter.description());
      }
      parameter.defaultJson().ifPresent(json -> property.set("default", Json.MAPPER.readTree(json)));
      properties.set(parameter.name(), property);
      if (parameter.required()) {
        required.add(parameter.name());
      }
    }
    schema.put("additionalProperties", slots == null);
    return schema.toString();
  }

  ToolFunction function() {
    return function;
  }

  /** The object of {@code tools.register}. */
  ObjectNode wireForm() {
    ObjectNode form = JsonNodeFactory.instance.objectNode();
    form.put("name", name).put("description", description);
    if (slots == null) {
      form.putNull("parameters");
      return form;
    }
    ArrayNode parameters = form.putArray("parameters");
    for (ToolParameter parameter : parameters()) {
      ObjectNode one = parameters.addObject();
      one.put("name", parameter.name()).put("required", parameter.required());
      one.put("description", parameter.description());
      parameter.defaultJson().ifPresent(json -> one.set("default", Json.MAPPER.readTree(json)));
      one.set("schema", Json.MAPPER.readTree(parameter.schemaJson()));
    }
    return form;
  }

  /** Binds what the caller wrote to the declared parameters, each as its Java type. */
  ToolArguments bind(List<@Nullable Object> positional, Map<String, @Nullable Object> named) {
    if (slots == null) {
      return new ToolArguments(name, positional, named);
    }
    if (positional.size() > slots.size()) {
      throw new IllegalArgumentException(
          name + "() takes " + slots.size() + " arguments, not " + positional.size());
    }
    Map<String, @Nullable Object> rest = new LinkedHashMap<>(named);
    Map<String, @Nullable Object> bound = new LinkedHashMap<>();
    for (int index = 0; index < slots.size(); index++) {
      Slot slot = slots.get(index);
      String parameter = slot.parameter().name();
      boolean given = index < positional.size();
      if (given && rest.containsKey(parameter)) {
        throw new IllegalArgumentException(name + "() got argument " + parameter + " twice");
      }
      Object value = given ? positional.get(index) : rest.containsKey(parameter) ? rest.remove(parameter) : defaultOf(slot);
      bound.put(
          parameter, Conversions.convert(value, slot.type(), name + "(): argument " + parameter));
    }
    if (!rest.isEmpty()) {
      throw new IllegalArgumentException(
          name + "() has no argument " + String.join(", ", rest.keySet()) + "; it has " + bound.keySet());
    }
    return new ToolArguments(name, List.of(), bound);
  }

  private @Nullable Object defaultOf(Slot slot) {
    String json =
        slot.parameter()
            .defaultJson()
            .orElseThrow(
                () -> new IllegalArgumentException(name + "(): argument " + slot.parameter().name() + " is missing"));
    return new DocumentReader(List.of()).read(Json.MAPPER.readTree(json));
  }

  /**
   * Declares a tool's parameters.
   *
   * <p>Confined to the calling thread.
   */
  public static final class Builder {
    private final String name;
    private String description = "";
    private final List<Slot> slots = new ArrayList<>();

    private Builder(String name) {
      this.name = Names.check(name, "the tool name");
    }

    /** What the tool does. */
    public Builder description(String text) {
      description = text;
      return this;
    }

    /** A parameter that must be given. */
    public Builder parameter(String parameter, Class<?> type, String about) {
      return add(parameter, type, about, Optional.empty());
    }

    /** A parameter with a default. */
    public Builder optional(String parameter, Class<?> type, @Nullable Object otherwise, String about) {
      Conversions.convert(otherwise, type, name + "(): the default of " + parameter);
      String json = new String(DocumentWriter.write(otherwise).json(), StandardCharsets.UTF_8);
      return add(parameter, type, about, Optional.of(json));
    }

    private Builder add(String parameter, Class<?> type, String about, Optional<String> defaultJson) {
      Names.check(parameter, name + "(): the parameter name");
      if (slots.stream().anyMatch(slot -> slot.parameter().name().equals(parameter))) {
        throw new IllegalArgumentException(name + "(): there are two parameters named " + parameter);
      }
      slots.add(
          new Slot(
              new ToolParameter(parameter, about, defaultJson.isEmpty(), defaultJson, Schemas.of(type).toString()),
              type));
      return this;
    }

    /** The tool that does this. */
    public Tool handler(ToolFunction function) {
      return new Tool(name, description, slots, function);
    }
  }
}
