package dev.pyvisor;

import dev.pyvisor.document.Conversions;
import dev.pyvisor.document.DocumentException;
import dev.pyvisor.document.DocumentReader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Python object as data: what it was in Python, and what it is in Java when asked for. Decoded at
 * each call, not before; what a caller does with the result changes nothing here.
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

  /** A value from its document and the bytes that the document refers to, which it keeps. */
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

  /**
   * As plain Java: Boolean, Long, BigInteger beyond 64 bits, Double, BigDecimal, String, {@code
   * byte[]}, List, Set, Map, UUID, java.time, or null for {@code None}. An object that has no such
   * form is a Map with the key {@code $py} that describes it.
   */
  public @Nullable Object asJava() {
    return new DocumentReader(attachments.stream().map(byte[]::clone).toList()).read(json);
  }

  /**
   * As a Java type: a primitive or its wrapper, String, enum, record, bean, array, List, Set, Map,
   * {@code byte[]}, BigInteger, BigDecimal, java.time, Optional. Strict: nothing is rounded, cut or
   * turned into text to make it fit.
   *
   * @throws DocumentException when the value does not fit the type, or is {@code None}
   */
  public <T> T as(Class<T> type) {
    return Conversions.required(asJava(), type, "the value");
  }

  @Override
  public String toString() {
    return repr;
  }
}
