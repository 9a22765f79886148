package dev.pyvisor.transport.websocket;

import dev.pyvisor.wire.ProtocolError;
import java.util.Set;

/**
 * The runner cannot be reached any more, or will not have this host; trying again would not help.
 *
 * <p>Immutable.
 */
final class LinkLost extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** REC-10: what is answered so is answered so again. */
  private static final Set<Integer> NEVER_RETRIED =
      Set.of(400, 401, 403, 404, 405, 409, 410, 413, 422, 426);

  LinkLost(String reason) {
    super(reason, null, false, false);
  }

  static boolean neverRetried(int status) {
    return NEVER_RETRIED.contains(status);
  }

  /** What it means that the runner's HTTP, or its answer to the attach, had this status. */
  static LinkLost refused(int status, String code) {
    String said =
        switch (status) {
          case 401 ->
              "the token is not the runner's; take the file that the runner was started with";
          case 403 ->
              "it is not known by this name, or its origin is not allowed; name it as it says that"
                  + " it listens";
          case 404 -> "there is no runner at this path; it is /v1/link";
          case 409 ->
              "another host is attached to it; end that one, or set websocket.takeover to end what"
                  + " it has there";
          case 410 ->
              "it is not the runner that this host knew: it was started anew, or serves another"
                  + " host now";
          case 426 -> "it speaks another version; use a runner of this version";
          default -> "it does not take this request";
        };
    return new LinkLost(
        "it refused its host: " + status + (code.isEmpty() ? "" : " " + code) + ": " + said);
  }

  /** The rule that a problem on the link broke, or what else it was. */
  static String reason(Throwable problem) {
    if (problem instanceof LinkLost lost) {
      return String.valueOf(lost.getMessage());
    }
    return problem instanceof ProtocolError error
        ? "it broke " + error.rule()
        : "the host failed on what it said: " + problem;
  }
}
