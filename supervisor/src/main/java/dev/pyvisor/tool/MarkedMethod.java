package dev.pyvisor.tool;

import dev.pyvisor.TimeLimit;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A method that is to be a tool.
 *
 * <p>Immutable.
 *
 * @param callable the method of the object's class
 * @param described the method with the annotation: the same, or one that it overrides or implements
 * @param mark the annotation
 */
record MarkedMethod(Method callable, Method described, HostTool mark) {
  private static final double MILLIS = 1_000;

  String toolName() {
    return mark.name().isEmpty() ? callable.getName() : mark.name();
  }

  /** How long it may take; empty: it does not say. */
  Optional<TimeLimit> timeLimit() {
    double seconds = mark.timeoutSeconds();
    if (seconds == 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(TimeLimit.of(Duration.ofMillis(Math.round(seconds * MILLIS))));
    } catch (IllegalArgumentException unfit) {
      throw new IllegalArgumentException(
          "timeoutSeconds = " + seconds + " of " + callable + ": " + unfit.getMessage(), unfit);
    }
  }

  /**
   * The marked methods of a class.
   *
   * @throws IllegalArgumentException when a marked method is not public
   */
  static List<MarkedMethod> of(Class<?> type) {
    List<Class<?>> lineage = lineage(type);
    lineage.forEach(MarkedMethod::refuseHidden);
    List<MarkedMethod> found = new ArrayList<>();
    Set<Method> taken = new LinkedHashSet<>();
    for (Method method : type.getMethods()) {
      Method described = described(method, lineage);
      if (described != null) {
        // A bridge stands for another method: with narrower types here, or of a hidden superclass.
        Method callable = method.isBridge() ? behind(method, described, type) : method;
        if (taken.add(callable)) {
          HostTool mark = described.getAnnotation(HostTool.class);
          found.add(new MarkedMethod(callable, described, mark));
        }
      }
    }
    return found;
  }

  private static void refuseHidden(Class<?> type) {
    for (Method method : type.getDeclaredMethods()) {
      if (method.isAnnotationPresent(HostTool.class) && !Modifier.isPublic(method.getModifiers())) {
        throw new IllegalArgumentException(
            method + " has @HostTool but is not public; make it public");
      }
    }
  }

  /** The class, its superclasses, and all their interfaces: nearest first. */
  private static List<Class<?>> lineage(Class<?> type) {
    Set<Class<?>> found = new LinkedHashSet<>();
    List<Class<?>> next = new ArrayList<>(List.of(type));
    while (!next.isEmpty()) {
      Class<?> one = next.remove(0);
      if (found.add(one)) {
        if (one.getSuperclass() != null) {
          next.add(one.getSuperclass());
        }
        next.addAll(Arrays.asList(one.getInterfaces()));
      }
    }
    return List.copyOf(found);
  }

  /** The nearest method with the annotation and the same parameters; null for none. */
  private static @Nullable Method described(Method method, List<Class<?>> lineage) {
    for (Class<?> type : lineage) {
      for (Method declared : type.getDeclaredMethods()) {
        if (!declared.isBridge()
            && declared.isAnnotationPresent(HostTool.class)
            && declared.getName().equals(method.getName())
            && Arrays.equals(declared.getParameterTypes(), method.getParameterTypes())) {
          return declared;
        }
      }
    }
    return null;
  }

  private static Method behind(Method bridge, Method described, Class<?> type) {
    return Arrays.stream(type.getMethods())
        .filter(method -> !method.isBridge() && narrows(method, bridge))
        .findFirst()
        .orElse(described);
  }

  private static boolean narrows(Method method, Method bridge) {
    if (!method.getName().equals(bridge.getName())
        || method.getParameterCount() != bridge.getParameterCount()
        || !bridge.getReturnType().isAssignableFrom(method.getReturnType())) {
      return false;
    }
    for (int index = 0; index < method.getParameterCount(); index++) {
      if (!bridge.getParameterTypes()[index].isAssignableFrom(method.getParameterTypes()[index])) {
        return false;
      }
    }
    return true;
  }
}
