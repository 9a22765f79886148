package dev.pyvisor.langchain4j;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.service.tool.ToolExecutor;
import dev.langchain4j.service.tool.ToolProvider;
import dev.langchain4j.service.tool.ToolProviderResult;
import dev.pyvisor.Session;
import dev.pyvisor.agent.AllowedCaller;
import dev.pyvisor.tool.Tool;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An agent's tools, each with who may call it: the model itself, or the code that it writes. What
 * only code may call costs no turn of the model, and its results need not go through the model.
 *
 * <p>Confined to the calling thread; what it makes is thread-safe.
 */
public final class Toolbox {
  private final Map<ToolSpecification, ToolExecutor> direct = new LinkedHashMap<>();
  private final List<Tool> functions = new ArrayList<>();

  /**
   * A tool for these callers.
   *
   * @throws IllegalArgumentException when there is one of that name, or nobody may call it
   */
  public Toolbox add(
      ToolSpecification specification, ToolExecutor executor, AllowedCaller... callers) {
    Set<AllowedCaller> allowed = allowed(specification.name(), callers);
    if (allowed.contains(AllowedCaller.CODE_EXECUTION)) {
      functions.add(HostTools.of(specification, executor));
    }
    if (allowed.contains(AllowedCaller.DIRECT)) {
      direct.put(specification, executor);
    }
    requireOneEach();
    return this;
  }

  /**
   * An object's methods with LangChain4j's {@code @Tool} for these callers.
   *
   * @throws IllegalArgumentException as above, and when there is no such method
   */
  public Toolbox add(Object annotated, AllowedCaller... callers) {
    HostTools.methods(annotated)
        .forEach((specification, executor) -> add(specification, executor, callers));
    return this;
  }

  private static Set<AllowedCaller> allowed(String name, AllowedCaller... callers) {
    if (callers.length == 0) {
      throw new IllegalArgumentException(
          "nobody may call " + name + "; name DIRECT, CODE_EXECUTION or both");
    }
    return EnumSet.copyOf(List.of(callers));
  }

  private void requireOneEach() {
    Set<String> names = new HashSet<>();
    for (Tool function : functions) {
      if (!names.add(function.name())) {
        throw new IllegalArgumentException("two functions would be " + function.name());
      }
    }
    names.clear();
    for (ToolSpecification specification : direct.keySet()) {
      if (!names.add(specification.name())) {
        throw new IllegalArgumentException("two tools are named " + specification.name());
      }
    }
  }

  /** What code may call: to be registered with a session or its client. */
  public List<Tool> functions() {
    return List.copyOf(functions);
  }

  /** What the model may call: {@code python} over the session, and its direct tools. */
  public ToolProvider over(Session session) {
    return over(PythonTool.of(session, functions()));
  }

  /** The same over a tool that was made of {@link #functions}. */
  public ToolProvider over(PythonTool python) {
    Map<ToolSpecification, ToolExecutor> tools = new LinkedHashMap<>();
    tools.put(python.specification(), python);
    direct.forEach(
        (specification, executor) -> {
          if (specification.name().equals(python.specification().name())) {
            throw new IllegalArgumentException(
                "a tool is named python, as the session is; give it another name");
          }
          tools.put(specification, executor);
        });
    return request -> new ToolProviderResult(tools);
  }
}
