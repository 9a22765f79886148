package dev.pyvisor.wire;

import dev.pyvisor.error.ErrorCode;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a JSON-RPC 2.0 envelope is. Ids are kept as the JSON text they came as, so that a reply
 * carries the same id, of the same type (SES-5).
 *
 * <p>Immutable.
 */
public sealed interface Envelope {

  /**
   * A request that wants a reply.
   *
   * <p>Immutable.
   */
  record Request(String id, String method, JsonNode params) implements Envelope {}

  /**
   * A request that wants none.
   *
   * <p>Immutable.
   */
  record Notification(String method, JsonNode params) implements Envelope {}

  /**
   * The reply to a request; {@code error} is null in a good one.
   *
   * <p>Immutable.
   */
  record Reply(String id, @Nullable JsonNode result, @Nullable JsonNode error)
      implements Envelope {}

  /**
   * None of these; to be answered under this id (SES-1 to SES-3).
   *
   * <p>Immutable.
   */
  record Refused(String id, ErrorCode code, String message) implements Envelope {}
}
