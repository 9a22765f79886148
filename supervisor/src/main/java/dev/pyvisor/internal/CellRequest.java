package dev.pyvisor.internal;

import dev.pyvisor.CellListener;
import java.util.List;
import java.util.Optional;

/**
 * What is asked of a kernel.
 *
 * <p>Immutable.
 */
record CellRequest(
    String method, String params, List<byte[]> attachments, Optional<CellListener> listener) {
  CellRequest {
    attachments = List.copyOf(attachments);
  }

  long size() {
    long sum = params.length();
    for (byte[] attachment : attachments) {
      sum += attachment.length;
    }
    return sum;
  }
}
