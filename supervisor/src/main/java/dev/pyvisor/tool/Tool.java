package dev.pyvisor.tool;

import dev.pyvisor.TimeLimit;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A Java callable that Python code calls by its name. Made from a function, or from an object's
 * {@link HostTool} methods. Calls come from several threads at once.
 *
 * <p>Immutable.
 */
public final class Tool {
  private final String name;
  private final String description;
  private final @Nullable Signature signature;
  private final @Nullable Answer answer;
  private final ToolFunction function;
  private final Optional<TimeLimit> timeLimit;

  Tool(
      String name,
      String description,
      @Nullable Signature signature,
      ToolFunction function,
      Optional<TimeLimit> timeLimit) {
    this(name, description, signature, null, function, timeLimit);
  }

  private Tool(
      String name,
      String description,
      @Nullable Signature signature,
      @Nullable Answer answer,
      ToolFunction function,
      Optional<TimeLimit> timeLimit) {
    this.name = Names.check(name, "the tool name");
    this.description = description;
    this.signature = signature;
    this.answer = answer;
    this.function = function;
    this.timeLimit = timeLimit;
  }

  /**
   * A tool that takes whatever arguments it is given.
   *
   * @throws IllegalArgumentException when the name cannot be written in Python
   */
  public static Tool of(String name, ToolFunction function) {
    return new Tool(name, "", null, function, Optional.empty());
  }

  /**
   * A tool with declared parameters.
   *
   * @throws IllegalArgumentException when the name cannot be written in Python
   */
  public static Builder named(String name) {
    return new Builder(name);
  }

  /**
   * The nearest name that Python code can write: {@code get-weather} becomes {@code get_weather}.
   * Two names may become one.
   */
  public static String nearestName(String name) {
    return Names.near(name);
  }

  /**
   * A function that ends the cell which calls it with its named arguments as the answer ({@link
   * dev.pyvisor.outcome.Outcome#submission}), and is never called here. No {@code except Exception}
   * around it loses the answer, and the session goes on.
   *
   * @throws IllegalArgumentException when the name cannot be written in Python
   */
  public static Submit submit(String name) {
    return new Submit(name);
  }

  static Tool submitting(String name, String description, Answer answer) {
    ToolFunction never =
        (arguments, context) -> {
          throw new IllegalStateException(name + " ends its cell; it is not called on the host");
        };
    return new Tool(name, description, null, answer, never, Optional.empty());
  }

  /**
   * A tool for each public method with {@link HostTool}, inherited ones included, by name.
   *
   * @throws IllegalArgumentException when a name cannot be written in Python, stands twice, or is
   *     not known; when a parameter has a type that no Python value can become, or a default that
   *     does not fit it; when there is no such method, or one that is not public
   */
  public static List<Tool> fromObject(Object annotated) {
    return AnnotatedTools.of(annotated);
  }

  /**
   * The same tool, which may take so long from its call to its answer, waiting for a thread
   * included. When the time is over its thread is interrupted, Python gets a {@code
   * ToolDeadlineExceeded} at once, and an answer that comes later is dropped.
   *
   * @throws IllegalArgumentException when the limit is below 1 ms or above {@link
   *     TimeLimit#LONGEST}
   */
  public Tool timeout(Duration limit) {
    return limited(TimeLimit.of(limit));
  }

  /** The same tool, which may take as long as its cell runs. */
  public Tool noTimeout() {
    return limited(TimeLimit.none());
  }

  private Tool limited(TimeLimit limit) {
    return new Tool(name, description, signature, answer, function, Optional.of(limit));
  }

  public String name() {
    return name;
  }

  /** How long it may take; empty: as the client's builder says. */
  public Optional<TimeLimit> timeLimit() {
    return timeLimit;
  }

  /** What it does; empty if it does not say. */
  public String description() {
    return description;
  }

  /** Its parameters in order; empty for one that takes anything, too. */
  public List<ToolParameter> parameters() {
    return signature == null ? List.of() : signature.parameters();
  }

  /** Whether it declares no parameters and takes whatever it is given. */
  public boolean takesAnything() {
    return signature == null && answer == null;
  }

  /** The JSON schema of all arguments as one object. */
  public String schemaJson() {
    if (answer != null) {
      return answer.schema().toString();
    }
    return signature == null ? Answer.ANY.schema().toString() : signature.schema().toString();
  }

  @Override
  public String toString() {
    return "tool " + name;
  }

  /** Its parameters that name files of the workspace, and how it gets them. */
  Map<String, SyncedFile> syncedFiles() {
    return signature == null ? Map.of() : signature.files();
  }

  ToolFunction function() {
    return function;
  }

  /** The object of {@code tools.register}; without parameters where it takes anything. */
  ObjectNode wireForm() {
    ObjectNode form = JsonNodeFactory.instance.objectNode();
    form.put("name", name).put("description", description);
    if (signature != null) {
      form.set("parameters", signature.wireForm());
    }
    if (answer != null) {
      form.put("submits", true).set("schema", answer.schema());
    }
    return form;
  }

  /**
   * What the caller wrote, as the tool gets it.
   *
   * @throws IllegalArgumentException when it does not fit the parameters
   */
  ToolArguments bind(List<@Nullable Object> positional, Map<String, @Nullable Object> named) {
    return signature == null
        ? new ToolArguments(name, positional, named)
        : new ToolArguments(name, List.of(), signature.bind(positional, named));
  }

  /**
   * Declares a tool's parameters.
   *
   * <p>Confined to the calling thread.
   */
  public static final class Builder {
    private final String name;
    private final List<Signature.Slot> slots = new ArrayList<>();
    private String description = "";
    private @Nullable Signature declared;

    private Builder(String name) {
      this.name = Names.check(name, "the tool name");
    }

    /** What the tool does: the docstring in Python. */
    public Builder description(String text) {
      description = text;
      return this;
    }

    /**
     * A parameter that must be given, and not as {@code None}, unless its type is Object.
     *
     * @throws IllegalArgumentException when the name cannot be written in Python, or when no Python
     *     value can become the type
     */
    public Builder parameter(String parameter, Class<?> type, String about) {
      slots.add(Signature.required(name, parameter, type, about, false));
      return this;
    }

    /**
     * A parameter with a default; a default of null allows {@code None}.
     *
     * @throws IllegalArgumentException as {@link #parameter} does, and when the default does not
     *     fit the type
     */
    public Builder optional(
        String parameter, Class<?> type, @Nullable Object otherwise, String about) {
      slots.add(Signature.optional(name, parameter, type, about, otherwise));
      return this;
    }

    /**
     * A file of the session's workspace: Python passes its path, the tool gets a {@link
     * java.nio.file.Path} of a copy of it on this machine.
     *
     * @throws IllegalArgumentException when the name cannot be written in Python
     */
    public Builder file(String parameter, SyncedFile how, String about) {
      slots.add(Signature.required(name, parameter, Path.class, about, false).as(how));
      return this;
    }

    /** A file that may be left out, or be {@code None}: then the tool gets null. */
    public Builder optionalFile(String parameter, SyncedFile how, String about) {
      slots.add(Signature.optional(name, parameter, Path.class, about, null).as(how));
      return this;
    }

    /**
     * The properties of a JSON schema as its parameters, as agent frameworks and MCP servers
     * declare tools. A name that Python cannot write gets an underscore where it has something
     * else, or behind it where it is a keyword; the tool gets each argument by the name in the
     * schema, as a plain value, and none for what was left out. Names, and what is required, are
     * checked; the rest of the schema is for Python's type hints and docstring, and for whoever
     * checks {@link ToolArguments#json}.
     *
     * @param json an object schema
     * @throws IllegalArgumentException when it is none, when two of its names become one in Python,
     *     or when there are other parameters
     */
    public Builder schema(String json) {
      declared = SchemaSignature.of(name, json);
      requireOneOf();
      return this;
    }

    private void requireOneOf() {
      if (declared != null && !slots.isEmpty()) {
        throw new IllegalArgumentException(
            name + "(): a schema declares all parameters; leave out either it or them");
      }
    }

    /**
     * The tool that does this.
     *
     * @throws IllegalArgumentException when two parameters have one name, or there are some beside
     *     a schema
     */
    public Tool handler(ToolFunction function) {
      requireOneOf();
      Signature signature = declared == null ? new Signature(name, slots) : declared;
      return new Tool(name, description, signature, function, Optional.empty());
    }
  }
}
