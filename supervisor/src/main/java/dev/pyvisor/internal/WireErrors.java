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

  /** That of the code; of one that is not known what came along, if it is one of a refusal. */
  private static int status(JsonNode error) {
    int told = error.path("data").path("status").asInt(0);
    boolean known = ErrorCode.known(error.path("data").path("code").asString("")).isPresent();
    return !known && told >= 400 && told <= 599 ? told : code(error).status();
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
        status(error),
        Delivery.ANSWERED,
        "runner " + runnerId + " refused " + method + ": " + text(error),
        null,
        data == null ? null : data.toString());
  }
}
