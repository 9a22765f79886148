package dev.pyvisor.internal;

import dev.pyvisor.CellListener;
import dev.pyvisor.TimeLimit;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is asked of a kernel.
 *
 * <p>Immutable.
 *
 * @param params a JSON object; limit and grace stand in it
 */
record CellRequest(
    String method,
    String params,
    List<byte[]> attachments,
    Optional<CellListener> listener,
    TimeLimit limit,
    Duration grace) {
  CellRequest {
    attachments = List.copyOf(attachments);
  }

  static CellRequest execute(
      boolean value,
      byte[] code,
      Optional<CellListener> listener,
      TimeLimit limit,
      Duration grace) {
    ObjectNode params = params(limit, grace);
    if (value) {
      params.put("value", true);
    }
    return new CellRequest("execute", params.toString(), List.of(code), listener, limit, grace);
  }

  /** A request about a global variable. */
  static CellRequest variable(
      String method, String name, List<byte[]> attachments, TimeLimit limit, Duration grace) {
    return new CellRequest(
        method,
        params(limit, grace).put("name", name).toString(),
        attachments,
        Optional.empty(),
        limit,
        grace);
  }

  long size() {
    long sum = params.length();
    for (byte[] attachment : attachments) {
      sum += attachment.length;
    }
    return sum;
  }

  private static ObjectNode params(TimeLimit limit, Duration grace) {
    ObjectNode params = JsonNodeFactory.instance.objectNode();
    limit.duration().ifPresent(time -> params.put("timeoutMs", millis(time)));
    return params.put("graceMs", millis(grace));
  }

  /** Rounded up: a limit is never shorter than what was asked for. */
  static long millis(Duration time) {
    Duration rest = time.minusMillis(time.toMillis());
    return time.toMillis() + (rest.isZero() ? 0 : 1);
  }
}
