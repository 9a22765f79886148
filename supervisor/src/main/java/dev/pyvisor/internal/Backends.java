package dev.pyvisor.internal;

import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.BackendOption;
import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.TransportProvider;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/**
 * Finds the backends that are on the class path.
 *
 * <p>Immutable.
 */
public final class Backends {
  private Backends() {}

  /** Those on the class path. */
  public static List<TransportProvider> all() {
    List<TransportProvider> all = new ArrayList<>();
    ServiceLoader.load(TransportProvider.class, loader()).forEach(all::add);
    return all;
  }

  /** Their names, for a message about one that is not there. */
  public static String listed() {
    List<String> names = all().stream().map(TransportProvider::name).toList();
    return names.isEmpty() ? "none: add pyvisor-transport-pipe" : names.toString();
  }

  static TransportProvider named(String runnerId, String name) {
    for (TransportProvider provider : all()) {
      if (provider.name().equals(name)) {
        return provider;
      }
    }
    throw new LaunchFailed(
        runnerId,
        ErrorCode.INVALID_ARGUMENT,
        "no backend '" + name + "'; on the class path are " + listed(),
        null);
  }

  /**
   * What was set for this backend, without its name in front.
   *
   * @throws LaunchFailed when it takes no option of such a name
   */
  static Map<String, String> optionsOf(
      String runnerId, TransportProvider backend, Map<String, String> all) {
    String prefix = backend.name() + ".";
    List<String> taken = backend.options().stream().map(BackendOption::name).toList();
    Map<String, String> own = new LinkedHashMap<>();
    all.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            own.put(key.substring(prefix.length()), value);
          }
        });
    for (String name : own.keySet()) {
      if (!taken.contains(name)) {
        throw new LaunchFailed(
            runnerId,
            ErrorCode.INVALID_ARGUMENT,
            "the backend "
                + backend.name()
                + " takes no option '"
                + prefix
                + name
                + "'; it takes "
                + (taken.isEmpty()
                    ? "none"
                    : taken.stream().map(prefix::concat).collect(Collectors.joining(", "))),
            null);
      }
    }
    return own;
  }

  /**
   * Code must not run with less around it than was asked for.
   *
   * @throws LaunchFailed when this backend does not start runners as that says
   */
  static void requireLaunch(String runnerId, TransportProvider backend, Sandbox asked) {
    Sandbox unlimited = asked.limitedTo(ResourceLimits.none());
    if (backend.launches()
        || unlimited.equals(Sandbox.UNCHOSEN)
        || unlimited.equals(Sandbox.by(Launcher.PROCESS))) {
      return;
    }
    throw new LaunchFailed(
        runnerId,
        ErrorCode.INVALID_ARGUMENT,
        "the backend "
            + backend.name()
            + " starts runners as plain processes, without image and inputs, and not as asked ("
            + asked.launcher().map(kind -> "launcher=" + kind.word()).orElse("no launcher")
            + "); leave that out, or take a backend that does",
        null);
  }

  private static ClassLoader loader() {
    return Backends.class.getClassLoader();
  }
}
