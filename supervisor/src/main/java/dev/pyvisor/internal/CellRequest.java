package dev.pyvisor.internal;

import dev.pyvisor.TimeLimit;
import dev.pyvisor.wire.JsonRpc;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What is asked of a kernel.
 *
 * <p>Immutable.
 *
 * @param params a JSON object; limit, grace and draft stand in it
 */
record CellRequest(
    String method,
    String params,
    List<byte[]> attachments,
    Optional<Audience> audience,
    TimeLimit limit,
    Duration grace,
    boolean draft) {
  private static final String EXECUTE = "execute";

  CellRequest {
    attachments = List.copyOf(attachments);
  }

  static CellRequest execute(
      boolean value, byte[] code, Optional<Audience> audience, TimeLimit limit, Duration grace) {
    String params = params(limit, grace, value ? ",\"value\":true" : "");
    return new CellRequest(EXECUTE, params, List.of(code), audience, limit, grace, false);
  }

  /** The same, whose answer is told as a draft. */
  CellRequest asDraft() {
    String drafted = params.substring(0, params.length() - 1) + ",\"draft\":true}";
    return new CellRequest(method, drafted, attachments, audience, limit, grace, true);
  }

  /** A request about a global variable. */
  static CellRequest variable(
      String method, String name, List<byte[]> attachments, TimeLimit limit, Duration grace) {
    return new CellRequest(
        method,
        params(limit, grace, ",\"name\":" + JsonRpc.quoted(name)),
        attachments,
        Optional.empty(),
        limit,
        grace,
        false);
  }

  /** The code that it is to run, where it is a cell. */
  Optional<byte[]> code() {
    return method.equals(EXECUTE) ? Optional.of(attachments.get(0)) : Optional.empty();
  }

  long size() {
    long sum = params.length();
    for (byte[] attachment : attachments) {
      sum += attachment.length;
    }
    return sum;
  }

  private static String params(TimeLimit limit, Duration grace, String more) {
    String timeout = limit.duration().map(time -> "\"timeoutMs\":" + millis(time) + ',').orElse("");
    return '{' + timeout + "\"graceMs\":" + millis(grace) + more + '}';
  }

  /** Rounded up: a limit is never shorter than what was asked for. */
  static long millis(Duration time) {
    Duration rest = time.minusMillis(time.toMillis());
    return time.toMillis() + (rest.isZero() ? 0 : 1);
  }
}
