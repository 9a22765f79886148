package dev.pyvisor.tool;

import dev.pyvisor.document.Conversions;
import dev.pyvisor.document.DocumentException;
import dev.pyvisor.document.PlainJson;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a call. Where the tool declares parameters, each is found by its name as its
 * Java type, given or by default; where it does not, they are plain values (see {@link
 * dev.pyvisor.Value#asJava}) as the caller wrote them, by position or by name.
 *
 * <p>Immutable.
 */
public final class ToolArguments {
  private final String tool;
  private final List<@Nullable Object> positional;
  private final Map<String, @Nullable Object> named;

  ToolArguments(
      String tool, List<@Nullable Object> positional, Map<String, @Nullable Object> named) {
    this.tool = tool;
    this.positional = Collections.unmodifiableList(new ArrayList<>(positional));
    this.named = Collections.unmodifiableMap(new LinkedHashMap<>(named));
  }

  /** Arguments given by position, of a tool that declares no parameters. */
  public List<@Nullable Object> positional() {
    return positional;
  }

  /** Arguments by name, in the order of the parameters. */
  public Map<String, @Nullable Object> named() {
    return named;
  }

  /**
   * The arguments by name as one JSON object, as whoever knows only JSON expects them: tuples and
   * sets are arrays, dates and the like ISO texts, bytes Base64, keys texts.
   *
   * @throws IllegalArgumentException when there are arguments by position, or a number that JSON
   *     has no form for; the message names its place
   */
  public String json() {
    if (!positional.isEmpty()) {
      throw new IllegalArgumentException(
          tool + "(): arguments by position have no place in a JSON object; name them");
    }
    return PlainJson.text(named, tool + "(): argument ");
  }

  /**
   * An argument as a Java type.
   *
   * @throws IllegalArgumentException when it is missing; {@link DocumentException} when it is
   *     {@code None} or does not fit
   */
  public <T> T get(String name, Class<T> type) {
    if (!named.containsKey(name)) {
      throw new IllegalArgumentException(
          tool + "(): argument " + name + " is missing; there are " + named.keySet());
    }
    return converted(named.get(name), name, type);
  }

  /** An argument as a Java type; empty when it is missing or {@code None}. */
  public <T> Optional<T> find(String name, Class<T> type) {
    Object value = named.get(name);
    return value == null ? Optional.empty() : Optional.of(converted(value, name, type));
  }

  private <T> T converted(@Nullable Object value, String name, Class<T> type) {
    return type.isInstance(value)
        ? type.cast(value)
        : Conversions.required(value, type, tool + "(): argument " + name);
  }
}
