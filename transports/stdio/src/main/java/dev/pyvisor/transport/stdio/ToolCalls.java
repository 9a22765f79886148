package dev.pyvisor.transport.stdio;

import dev.pyvisor.Defaults;
import dev.pyvisor.wire.Limits;
import java.util.HashMap;
import java.util.Map;

/**
 * The calls of the running cell that the host has not answered.
 *
 * <p>Guarded by the translator.
 */
final class ToolCalls {
  private record Call(int cell, String id) {}

  private final Map<Call, Long> open = new HashMap<>(); // to their bytes
  private long bytes;
  private long late;

  /** Whether one more may be open; {@code id}: as JSON text. */
  boolean open(int cell, String id, long size) {
    Call call = new Call(cell, id);
    if (open.size() >= Limits.TOOL_CALLS
        || bytes + size > Defaults.TOOL_CALL_BYTES
        || open.containsKey(call)) {
      return false;
    }
    open.put(call, size);
    bytes += size;
    return true;
  }

  /** Whether the answer is still wanted; else it is counted as late. */
  boolean close(int cell, String id) {
    Long size = open.remove(new Call(cell, id));
    if (size == null) {
      late++;
      return false;
    }
    bytes -= size;
    return true;
  }

  /** Its cell has ended: whatever is answered from now on is late. */
  void forget() {
    open.clear();
    bytes = 0;
  }

  int size() {
    return open.size();
  }

  /** Answers that came when nobody waited for them any more. */
  long late() {
    return late;
  }
}
