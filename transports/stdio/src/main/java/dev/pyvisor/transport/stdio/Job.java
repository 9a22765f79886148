package dev.pyvisor.transport.stdio;

import dev.pyvisor.error.ErrorCode;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Something that the host has asked, as what the peer is to be asked for it: one request after
 * another, each when the one before was answered.
 *
 * <p>Guarded by the translator.
 */
interface Job {
  /** The next request; null: nothing more, it is through. */
  @Nullable PeerRequest next();

  /** The answer to the last one, which took so long. */
  void answered(JsonNode reply, long nanos);

  /** What the host is told when it is through. */
  Ending end();

  /** What the host is told where it does not come to its end. */
  Ending refused(ErrorCode code, String text);

  /** One line for a report. */
  String describe();
}
