package dev.pyvisor.mcp.server;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a call, which the SDK has held against the tool's schema.
 *
 * <p>Immutable.
 */
record Arguments(Map<String, Object> given) {
  static Arguments of(@Nullable Map<String, Object> given) {
    return new Arguments(given == null ? Map.of() : given);
  }

  String text(String name) {
    return find(name)
        .orElseThrow(
            () -> new Refused("the argument " + name + " is missing; it has to be a text"));
  }

  Optional<String> find(String name) {
    return given.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
  }

  Optional<Double> number(String name) {
    return given.get(name) instanceof Number number
        ? Optional.of(number.doubleValue())
        : Optional.empty();
  }

  boolean flag(String name, boolean otherwise) {
    return given.get(name) instanceof Boolean flag ? flag : otherwise;
  }
}
