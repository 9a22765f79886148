package dev.pyvisor.transport.stdio;

import dev.pyvisor.error.ErrorCode;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A request to the supervisor, session 0.
 *
 * <p>Guarded by the translator.
 */
final class VerbJob implements Job {
  /**
   * What an error of the peer means.
   *
   * <p>Immutable.
   */
  enum Heed {
    /** The verb has failed. */
    ERRORS,
    /** Any answer is a sign of life, and that is all that was wanted. */
    NOTHING
  }

  private final Voice voice;
  private final String id;
  private final String method;
  private final Heed heed;
  private final Supplier<List<PeerRequest>> plan;
  private final Supplier<Ending> ending;
  private final Runnable failure;
  private @Nullable Queue<PeerRequest> requests; // made when its turn has come
  private @Nullable String error;

  /**
   * {@code plan}: what the peer is to be asked, by what is known when the turn comes; {@code
   * ending}: what the host is told when all of that was answered; {@code failure}: what is to be
   * known where it was not.
   */
  VerbJob(
      Voice voice,
      String id,
      String method,
      Heed heed,
      Supplier<List<PeerRequest>> plan,
      Supplier<Ending> ending,
      Runnable failure) {
    this.voice = voice;
    this.id = id;
    this.method = method;
    this.heed = heed;
    this.plan = plan;
    this.ending = ending;
    this.failure = failure;
  }

  @Override
  public @Nullable PeerRequest next() {
    if (requests == null) {
      requests = new ArrayDeque<>(plan.get());
    }
    return error == null ? requests.poll() : null;
  }

  @Override
  public void answered(JsonNode reply, long nanos) {
    error = heed == Heed.ERRORS ? Answers.error(reply) : null;
  }

  @Override
  public Ending end() {
    return error == null
        ? ending.get()
        : refused(ErrorCode.INTERNAL, method + ": the supervisor says " + error);
  }

  @Override
  public Ending refused(ErrorCode code, String text) {
    failure.run();
    return Ending.saying(voice.refusal(id, code, text));
  }

  @Override
  public String describe() {
    return method;
  }
}
