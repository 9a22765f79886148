package dev.pyvisor.config;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The variables of a process that are keys.
 *
 * <p>Immutable.
 */
final class EnvironmentLayer {
  /**
   * Variables of ours that are no keys: what a runner's processes are told by, options for the JVM
   * of the command line, and what the tests go by: they hand their environment on to processes that
   * read it.
   */
  static final Set<String> OTHERS =
      Set.of(
          "PYVISOR_RUNNER",
          "PYVISOR_DIR",
          "PYVISOR_ALLOWANCE",
          "PYVISOR_CONFINE",
          "PYVISOR_CONTAINERS",
          "PYVISOR_SESSION",
          "PYVISOR_JAVA_OPTS",
          "PYVISOR_TIER",
          "PYVISOR_THOROUGH",
          "PYVISOR_SEED",
          "PYVISOR_CLIENTS",
          "PYVISOR_SANDBOXES");

  private EnvironmentLayer() {}

  static Map<String, Assigned> read(Map<String, String> environment) {
    Map<String, String> ours = new TreeMap<>(environment);
    ours.keySet().removeIf(name -> !name.startsWith(ConfigKey.VARIABLE) || OTHERS.contains(name));
    if (ours.isEmpty()) {
      return Map.of();
    }
    Assignments found = new Assignments();
    ours.forEach(
        (name, value) -> {
          Origin origin = Origin.variable(name);
          Optional<ConfigKey> key = found.keys().findVariable(name);
          if (key.isPresent()) {
            found.add(key.get(), value, origin);
          } else {
            found.refuse(origin, found.keys().unknownVariable(name, OTHERS));
          }
        });
    return found.all();
  }
}
