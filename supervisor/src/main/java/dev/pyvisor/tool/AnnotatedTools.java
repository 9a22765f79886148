package dev.pyvisor.tool;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes tools of an object's annotated methods. The annotations may stand on the method itself, or
 * on one that it overrides or implements.
 *
 * <p>Immutable.
 */
final class AnnotatedTools {
  private AnnotatedTools() {}

  /** By name: the order of a class's methods is not defined. */
  static List<Tool> of(Object object) {
    Map<String, MarkedMethod> byName = new TreeMap<>();
    for (MarkedMethod method : MarkedMethod.of(object.getClass())) {
      MarkedMethod other = byName.putIfAbsent(method.toolName(), method);
      if (other != null) {
        throw new IllegalArgumentException(
            "two methods are the tool "
                + method.toolName()
                + ": "
                + other.callable()
                + " and "
                + method.callable()
                + "; give one of them another name by @HostTool(name = \"...\")");
      }
    }
    if (byName.isEmpty()) {
      throw new IllegalArgumentException(
          object.getClass().getName() + " has no public method with @HostTool");
    }
    return byName.values().stream().map(method -> tool(method, object)).toList();
  }

  private static Tool tool(MarkedMethod method, Object object) {
    String name = Names.check(method.toolName(), "the name of " + method.callable());
    Method callable = method.callable();
    open(callable, name);
    Parameter[] described = method.described().getParameters();
    Type[] types = callable.getGenericParameterTypes();
    List<Signature.Slot> slots = new ArrayList<>();
    for (int index = 0; index < described.length; index++) {
      if (callable.getParameterTypes()[index] != ToolContext.class) {
        slots.add(slot(name, described[index], types[index]));
      }
    }
    return new Tool(
        name,
        method.mark().description(),
        new Signature(name, slots),
        (arguments, context) -> invoke(callable, object, arguments, context),
        method.timeLimit());
  }

  private static void open(Method method, String tool) {
    if (Modifier.isPublic(method.getDeclaringClass().getModifiers())) {
      return;
    }
    try {
      method.setAccessible(true); // a public method of a class that is not
    } catch (RuntimeException closed) {
      throw new IllegalArgumentException(
          tool + "(): " + method + " cannot be called; make its class public", closed);
    }
  }

  private static Signature.Slot slot(String tool, Parameter parameter, Type type) {
    Signature.Slot slot = plainSlot(tool, parameter, type);
    Synced synced = parameter.getAnnotation(Synced.class);
    if (synced == null) {
      return slot;
    }
    if (type != Path.class) {
      throw new IllegalArgumentException(
          tool
              + "(): parameter "
              + slot.parameter().name()
              + " has @Synced, and is a "
              + type.getTypeName()
              + "; make it a java.nio.file.Path");
    }
    Optional<Path> directory =
        Optional.of(synced.directory()).filter(text -> !text.isEmpty()).map(Path::of);
    return slot.as(new SyncedFile(synced.writeBack(), directory));
  }

  private static Signature.Slot plainSlot(String tool, Parameter parameter, Type type) {
    Param mark = parameter.getAnnotation(Param.class);
    String name = name(tool, parameter, mark);
    String about = mark == null ? "" : mark.description();
    if (mark == null || mark.defaultValue().equals(Param.NO_DEFAULT)) {
      return Signature.required(tool, name, type, about, isNullable(parameter));
    }
    Object otherwise;
    try {
      otherwise = Signature.plain(mark.defaultValue());
    } catch (IllegalArgumentException problem) {
      throw new IllegalArgumentException(
          tool
              + "(): the default of "
              + name
              + " is not JSON: "
              + mark.defaultValue()
              + " (text needs quotes of its own: \"\\\"en\\\"\")",
          problem);
    }
    return Signature.optional(tool, name, type, about, otherwise);
  }

  private static String name(String tool, Parameter parameter, @Nullable Param mark) {
    if (mark != null && !mark.name().isEmpty()) {
      return mark.name();
    }
    if (!parameter.isNamePresent()) {
      throw new IllegalArgumentException(
          tool
              + "(): the name of parameter "
              + parameter.getName()
              + " is not in the class file; compile with -parameters, or write @Param(name ="
              + " \"...\")");
    }
    return parameter.getName();
  }

  /** Any annotation of that name says that a parameter takes null, whoever declared it. */
  private static boolean isNullable(Parameter parameter) {
    return Arrays.stream(parameter.getAnnotatedType().getAnnotations())
            .anyMatch(found -> found.annotationType().getSimpleName().equals("Nullable"))
        || Arrays.stream(parameter.getAnnotations())
            .anyMatch(found -> found.annotationType().getSimpleName().equals("Nullable"));
  }

  private static @Nullable Object invoke(
      Method method, Object object, ToolArguments arguments, ToolContext context) throws Exception {
    List<@Nullable Object> values = new ArrayList<>(arguments.named().values());
    @Nullable Object[] passed = new @Nullable Object[method.getParameterCount()];
    int next = 0;
    for (int index = 0; index < passed.length; index++) {
      boolean wantsContext = method.getParameterTypes()[index] == ToolContext.class;
      passed[index] = wantsContext ? context : values.get(next++);
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
