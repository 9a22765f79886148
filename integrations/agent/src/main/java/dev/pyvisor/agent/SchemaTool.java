package dev.pyvisor.agent;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.tool.ToolFailure;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Host tools that come with a JSON schema, as those of agent frameworks and MCP servers do. Their
 * arguments are checked by it before they are called.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class SchemaTool {
  /** Places of one error; who has made more mistakes repairs these first. */
  private static final int PLACES = 10;

  private SchemaTool() {}

  /**
   * A tool of that name, or the nearest that Python can write. Arguments that do not fit the schema
   * are a {@code ToolError} in Python that names each place, up to ten, and what is wanted there;
   * the tool is not called then. References out of the schema are never followed.
   *
   * @param schema of all arguments as one object; of 2020-12 unless it says otherwise
   * @throws IllegalArgumentException when it is no schema of an object, or refers to another
   */
  public static Tool of(String name, String description, String schema, JsonFunction function) {
    String inPython = Tool.nearestName(name);
    String about =
        inPython.equals(name) ? description : description + "\n(The host's " + name + ".)";
    // First: it refuses what is no JSON.
    Tool.Builder tool = Tool.named(inPython).description(about.strip()).schema(schema);
    Schema check = check(name, schema);
    return tool.handler(
        (arguments, context) -> {
          String json = arguments.json();
          List<Error> errors = check.validate(json, InputFormat.JSON);
          if (!errors.isEmpty()) {
            throw misfit(inPython, errors);
          }
          return function.call(json, context);
        });
  }

  private static Schema check(String name, String schema) {
    // Without any resource of its own the registry knows the dialects and nothing else.
    SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    try {
      Schema check = registry.getSchema(schema, InputFormat.JSON);
      check.initializeValidators();
      return check;
    } catch (RuntimeException problem) {
      throw new IllegalArgumentException(
          name + "(): the schema cannot be checked by: " + problem.getMessage(), problem);
    }
  }

  private static ToolFailure misfit(String name, List<Error> errors) {
    List<String> places =
        errors.stream().limit(PLACES).map(SchemaTool::place).collect(Collectors.toList());
    if (errors.size() > places.size()) {
      places.add("and " + (errors.size() - places.size()) + " more");
    }
    return new ToolFailure(
        name
            + "(): the arguments do not fit, and it was not called:\n  "
            + String.join("\n  ", places),
        places);
  }

  private static String place(Error error) {
    String where = error.getInstanceLocation().toString().replaceFirst("^/", "").replace('/', '.');
    return (where.isEmpty() ? "" : where + ": ") + error.getMessage();
  }
}
