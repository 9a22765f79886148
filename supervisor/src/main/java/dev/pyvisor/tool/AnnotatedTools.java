package dev.pyvisor.tool;

import dev.pyvisor.document.Conversions;
import dev.pyvisor.document.DocumentReader;
import dev.pyvisor.wire.Json;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * Reads tools from an object's annotated methods.
 *
 * <p>Immutable.
 */
final class AnnotatedTools {
  private AnnotatedTools() {}

  static List<Tool> of(Object object) {
    Map<String, Method> methods = new LinkedHashMap<>();
    for (Method method : object.getClass().getMethods()) {
      Optional<HostTool> mark = mark(method, object.getClass());
      if (mark.isPresent() && !method.isBridge()) {
        String name = mark.get().name().isEmpty() ? method.getName() : mark.get().name();
        Method other = methods.putIfAbsent(name, method);
        if (other != null) {
          throw new IllegalArgumentException(
              "two tools are named " + name + ": " + other + " and " + method + "; give one @HostTool(name = …)");
        }
      }
    }
    if (methods.isEmpty()) {
      throw new IllegalArgumentException(
          object.getClass().getName() + " has no public method with @HostTool");
    }
    return methods.entrySet().stream()
        .map(entry -> tool(entry.getKey(), entry.getValue(), object))
        .toList();
  }

  /** The annotation of the method, or of the one that it overrides or implements. */
  private static Optional<HostTool> mark(Method method, Class<?> type) {
    return declared(method, type).map(found -> found.getAnnotation(HostTool.class));
  }

  private static Optional<Method> declared(Method method, Class<?> type) {
    List<Class<?>> todo = new ArrayList<>(List.of(type));
    while (!todo.isEmpty()) {
      Class<?> one = todo.remove(0);
      try {
        Method found = one.getDeclaredMethod(method.getName(), method.getParameterTypes());
        if (found.isAnnotationPresent(HostTool.class)) {
          return Optional.of(found);
        }
      } catch (NoSuchMethodException none) {
        // Looked for further up.
      }
      if (one.getSuperclass() != null) {
        todo.add(one.getSuperclass());
      }
      todo.addAll(List.of(one.getInterfaces()));
    }
    return Optional.empty();
  }

  private static Tool tool(String name, Method method, Object object) {
    Method described = declared(method, object.getClass()).orElse(method);
    List<Tool.Slot> slots = new ArrayList<>();
    for (Parameter parameter : described.getParameters()) {
      if (parameter.getType() != ToolContext.class) {
        slots.add(slot(name, parameter));
      }
    }
    if (!Modifier.isPublic(object.getClass().getModifiers())) {
      method.setAccessible(true); // a public method of a class that is not
    }
    String description = described.getAnnotation(HostTool.class).description();
    return new Tool(
        name, description, slots, (arguments, context) -> invoke(method, object, arguments, context));
  }

  private static Tool.Slot slot(String tool, Parameter parameter) {
    Param mark = parameter.getAnnotation(Param.class);
    String name = mark == null || mark.name().isEmpty() ? parameter.getName() : mark.name();
    if (name.equals(parameter.getName()) && !parameter.isNamePresent() && (mark == null || mark.name().isEmpty())) {
      throw new IllegalArgumentException(
          tool
              + "(): the name of parameter "
              + name
              + " is not in the class file; compile with -parameters, or write @Param(name = …)");
    }
    Names.check(name, tool + "(): the parameter name");
    Optional<String> otherwise = defaultJson(tool, name, mark, parameter);
    return new Tool.Slot(
        new ToolParameter(
            name,
            mark == null ? "" : mark.description(),
            otherwise.isEmpty(),
            otherwise,
            Schemas.of(parameter.getParameterizedType()).toString()),
        parameter.getParameterizedType());
  }

  private static Optional<String> defaultJson(
      String tool, String name, @Nullable Param mark, Parameter parameter) {
    if (mark == null || mark.defaultValue().equals(Param.NO_DEFAULT)) {
      return parameter.getType() == Optional.class ? Optional.of("null") : Optional.empty();
    }
    try {
      Object value = new DocumentReader(List.of()).read(Json.MAPPER.readTree(mark.defaultValue()));
      Conversions.convert(value, parameter.getParameterizedType(), tool + "(): the default of " + name);
    } catch (JacksonException problem) {
      throw new IllegalArgumentException(
          tool + "(): the default of " + name + " is not JSON: " + mark.defaultValue()
              + " (text needs quotes: \"\\\"en\\\"\")", problem);
    }
    return Optional.of(mark.defaultValue());
  }

  private static @Nullable Object invoke(
      Method method, Object object, ToolArguments arguments, ToolContext context) throws Exception {
    List<@Nullable Object> values = new ArrayList<>(arguments.named().values());
    Object[] passed = new Object[method.getParameterCount()];
    int next = 0;
    for (int index = 0; index < passed.length; index++) {
      passed[index] =
          method.getParameterTypes()[index] == ToolContext.class ? context : values.get(next++);
    }
    try {
      return method.invoke(object, passed);
    } catch (InvocationTargetException thrown) {
      if (thrown.getCause() instanceof Exception exception) {
        throw exception;
      }
      if (thrown.getCause() instanceof Error error) {
        throw error;
      }
      throw thrown;
    }
  }
}
