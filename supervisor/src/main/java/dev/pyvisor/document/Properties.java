package dev.pyvisor.document;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a class shows of its objects as data: the components of a record, in their order, or the
 * properties of a bean, by name. A bean is strictly one: a public class of the program's own with a
 * public constructor without parameters, whose public getters all have a setter. A service object
 * that a tool returns by mistake has no such shape and must not leak through its getters.
 *
 * <p>Immutable.
 */
final class Properties {
  private static final ClassValue<List<Property>> OF_CLASS =
      new ClassValue<>() {
        @Override
        protected List<Property> computeValue(Class<?> type) {
          return type.isRecord()
              ? components(type)
              : isDataClass(type) ? properties(type) : List.of();
        }
      };

  private Properties() {}

  /**
   * A value with a name.
   *
   * <p>Immutable.
   */
  record Property(String name, Method getter) {
    @Nullable Object of(Object owner) {
      try {
        return getter.invoke(owner);
      } catch (InvocationTargetException thrown) {
        throw unreadable(owner, thrown.getCause());
      } catch (IllegalAccessException refused) {
        throw unreadable(owner, refused);
      }
    }

    private DocumentException unreadable(Object owner, @Nullable Throwable cause) {
      return new DocumentException(
          "cannot read " + name + " of " + owner.getClass().getName() + ": " + cause, cause);
    }
  }

  /** Empty for a class that is neither record nor bean, and for a record without components. */
  static List<Property> of(Class<?> type) {
    return OF_CLASS.get(type);
  }

  private static List<Property> components(Class<?> type) {
    List<Property> components = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      Method accessor = component.getAccessor();
      open(accessor);
      components.add(new Property(component.getName(), accessor));
    }
    return List.copyOf(components);
  }

  /** A record need not be public to be returned, as long as its module lets us in. */
  private static void open(AccessibleObject accessor) {
    try {
      accessor.setAccessible(true);
    } catch (RuntimeException closed) {
      // The call says so, if it comes to one.
    }
  }

  private static boolean isDataClass(Class<?> type) {
    ClassLoader loader = type.getClassLoader();
    return loader != null
        && loader != ClassLoader.getPlatformClassLoader()
        && Modifier.isPublic(type.getModifiers())
        && Arrays.stream(type.getConstructors()).anyMatch(made -> made.getParameterCount() == 0);
  }

  private static List<Property> properties(Class<?> type) {
    Set<String> setters = new HashSet<>();
    List<Property> found = new ArrayList<>();
    for (Method method : type.getMethods()) {
      if (Modifier.isStatic(method.getModifiers()) || method.getDeclaringClass() == Object.class) {
        continue;
      }
      String name = method.getName();
      if (name.matches("set\\p{Lu}.*") && method.getParameterCount() == 1) {
        setters.add(decapitalised(name.substring("set".length())));
      } else if (!method.isBridge() && isGetter(method)) {
        found.add(new Property(decapitalised(name.replaceFirst("get|is", "")), method));
      }
    }
    boolean all = found.stream().allMatch(property -> setters.contains(property.name()));
    found.sort(Comparator.comparing(Property::name));
    return all ? List.copyOf(found) : List.of();
  }

  private static boolean isGetter(Method method) {
    Class<?> result = method.getReturnType();
    return method.getParameterCount() == 0
        && (method.getName().matches("get\\p{Lu}.*") && result != void.class
            || method.getName().matches("is\\p{Lu}.*") && result == boolean.class);
  }

  private static String decapitalised(String name) {
    boolean acronym =
        name.length() > 1
            && Character.isUpperCase(name.charAt(0))
            && Character.isUpperCase(name.charAt(1));
    return acronym ? name : name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
  }
}
