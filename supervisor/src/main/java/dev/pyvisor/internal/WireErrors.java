package dev.pyvisor.internal;

import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import tools.jackson.databind.JsonNode;

/**
 * Error objects of the wire as exceptions. Decided by code, then by number, never by text (ERR-2).
 *
 * <p>Immutable.
 */
final class WireErrors {
  private WireErrors() {}

  static ErrorCode code(JsonNode error) {
    JsonNode name = error.path("data").path("code");
    return name.isString()
        ? ErrorCode.ofWireName(name.stringValue())
        : ErrorCode.ofNumber(error.path("code").asInt(0));
  }

  static String text(JsonNode error) {
    JsonNode message = error.path("message");
    return message.isString() ? message.stringValue() : "no message";
  }

  static CallFailed refused(String runnerId, String method, JsonNode error) {
    JsonNode data = error.get("data");
    return new CallFailed(
        runnerId,
        code(error),
        error.path("code").asInt(0),
        Delivery.ANSWERED,
        "runner " + runnerId + " refused " + method + ": " + text(error),
        null,
        data == null ? null : data.toString());
  }
}
