package dev.pyvisor.outcome;

import dev.pyvisor.Value;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An object that a cell displayed, in all forms that it has: {@code display(figure)} in Python.
 * Text is always one of them. Code can show whatever it likes: HTML from it is to be trusted as
 * little as the code.
 *
 * <p>Immutable.
 */
public final class Display {
  /** The form that every object has. */
  public static final String TEXT = "text/plain";

  private final Map<String, @Nullable Object> forms;

  private Display(Map<String, @Nullable Object> forms) {
    this.forms = Collections.unmodifiableMap(forms);
  }

  /** Forms by media type, as a value that is a dict has them. */
  public static Display of(Value data) {
    Map<String, @Nullable Object> forms = new LinkedHashMap<>();
    if (data.asJava() instanceof Map<?, ?> told) {
      told.forEach((type, form) -> forms.put(String.valueOf(type), form));
    }
    return new Display(forms);
  }

  /** Such as text/plain and image/png, in the order in which the object told them. */
  public Set<String> mediaTypes() {
    return forms.keySet();
  }

  /** A form that is a text; empty where there is none of that type, or it is none. */
  public Optional<String> text(String mediaType) {
    return forms.get(mediaType) instanceof String text ? Optional.of(text) : Optional.empty();
  }

  /** The text that every object has; empty where the code has seen to it that there is none. */
  public String text() {
    return text(TEXT).orElse("");
  }

  /** A form as bytes, such as those of an image; those of a text in UTF-8. Not to be changed. */
  public Optional<byte[]> bytes(String mediaType) {
    return forms.get(mediaType) instanceof byte[] bytes
        ? Optional.of(bytes)
        : text(mediaType).map(text -> text.getBytes(StandardCharsets.UTF_8));
  }

  /** A form as a plain value (see {@link Value#asJava}): that of application/json may be any. */
  public Optional<Object> value(String mediaType) {
    return Optional.ofNullable(forms.get(mediaType));
  }

  @Override
  public String toString() {
    return "display of " + mediaTypes();
  }
}
