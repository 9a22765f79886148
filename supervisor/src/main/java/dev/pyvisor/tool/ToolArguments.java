package dev.pyvisor.tool;

import dev.pyvisor.document.Conversions;
import dev.pyvisor.document.DocumentException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a call as plain Java values (see {@link dev.pyvisor.document.DocumentReader}). Where the tool declares
 * parameters, each is found by its name, given or by default; where it does not, they are as the caller wrote them.
 *
 * <p>Immutable.
 */
public final class ToolArguments {
  private final String tool;
  private final List<@Nullable Object> positional;
  private final Map<String, @Nullable Object> named;

  ToolArguments(String tool, List<@Nullable Object> positional, Map<String, @Nullable Object> named) {
    this.tool = tool;
    this.positional = Collections.unmodifiableList(new ArrayList<>(positional));
    this.named = Collections.unmodifiableMap(new LinkedHashMap<>(named));
  }

  /** Arguments given by position, of a tool that declares no parameters. */
  public List<@Nullable Object> positional() {
    return positional;
  }

  /** Arguments by name. */
  public Map<String, @Nullable Object> named() {
    return named;
  }

  /**
   * An argument as a Java type.
   *
   * @throws DocumentException when it is missing, {@code None}, or does not fit
   */
  public <T> T get(String name, Class<T> type) {
    return find(name, type)
        .orElseThrow(
            () -> new IllegalArgumentException(tool + "(): argument " + name + " is missing or None"));
  }

  /** An argument as a Java type; empty when it is missing or {@code None}. */
  public <T> Optional<T> find(String name, Class<T> type) {
    Object value = named.get(name);
    if (value == null) {
      return Optional.empty();
    }
    return Optional.ofNullable(
        type.cast(Conversions.convert(value, type, tool + "(): argument " + name)));
  }
}
