package dev.pyvisor;

import dev.pyvisor.document.Conversions;
import dev.pyvisor.document.DocumentException;
import dev.pyvisor.document.DocumentReader;
import dev.pyvisor.wire.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Python object as data: what it was in Python, and what it is in Java when asked for. Decoded at each call, not before.
 *
 * <p>Immutable.
 */
public final class Value {
  private final String json;
  private final List<byte[]> attachments;
  private final String repr;
  private final String pythonType;

  private Value(String json, List<byte[]> attachments, String repr, String pythonType) {
    this.json = json;
    this.attachments = List.copyOf(attachments);
    this.repr = repr;
    this.pythonType = pythonType;
  }

  /** A value from its document and the bytes that the document refers to. */
  public static Value of(String json, List<byte[]> attachments, String repr, String pythonType) {
    return new Value(json, attachments, repr, pythonType);
  }

  /** The document, as PROTOCOL.md section 9 describes it. */
  public String json() {
    return json;
  }

  /** What Python's {@code repr} says of it, at most 4,096 characters; written by the guest. */
  public String repr() {
    return repr;
  }

  /** Module and name of its type, for example {@code builtins.list}; written by the guest. */
  public String pythonType() {
    return pythonType;
  }

  /** As plain Java: String, numbers, Boolean, byte[], List, Set, Map, java.time, or null for {@code None}. */
  public @Nullable Object asJava() {
    return new DocumentReader(attachments).read(Json.MAPPER.readTree(json));
  }

  /**
   * As a Java type: a primitive's wrapper, String, record, collection, byte[], java.time.
   *
   * @throws DocumentException when the value does not fit the type, or is {@code None}
   */
  public <T> T as(Class<T> type) {
    Object found = Conversions.convert(asJava(), type, "the value");
    if (found == null) {
      throw new IllegalStateException("the value is None; ask asJava() where None is possible");
    }
    return type.cast(found);
  }

  @Override
  public String toString() {
    return repr;
  }
}
