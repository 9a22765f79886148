package dev.pyvisor.document;

import java.util.List;

/**
 * A value on its way to Python.
 *
 * <p>Immutable.
 *
 * @param json the document, UTF-8
 * @param attachments the bytes that it refers to, in the order of their indexes
 */
public record Document(byte[] json, List<byte[]> attachments) {
  public Document {
    attachments = List.copyOf(attachments);
  }
}
