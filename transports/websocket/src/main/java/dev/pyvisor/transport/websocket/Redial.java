package dev.pyvisor.transport.websocket;

import dev.pyvisor.error.ErrorCode;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongUnaryOperator;

/**
 * What a link without a connection knows of its attempts: whether another one may help, and when.
 * It is told the time.
 *
 * <p>Guarded by the link that owns it.
 */
final class Redial {
  private final Manner manner;
  private final Backoff backoff;
  private Optional<Answer> refusal = Optional.empty(); // of the latest attempt
  private Optional<TlsFailure> distrust = Optional.empty(); // of the latest attempt
  private boolean nobodyListens; // in the latest attempt
  private String problem = ""; // of the latest connection
  private boolean known; // it was attached to once
  private long cutSince; // nanoseconds
  private int reconnects;
  private long outage; // nanoseconds, of the cuts that are over

  Redial(Manner manner, LongUnaryOperator random) {
    this.manner = manner;
    this.backoff = new Backoff(random);
  }

  /** From now on there should be a connection. */
  void cut(long now) {
    cutSince = now;
  }

  /** Another attempt is made. */
  void attempts() {
    refusal = Optional.empty();
    distrust = Optional.empty();
    nobodyListens = false;
  }

  /** The runner says no to the latest attempt, or to the connection; the first word counts. */
  void refused(Answer answer) {
    if (refusal.isEmpty()) {
      refusal = Optional.of(answer);
    }
  }

  /** The runner does not show itself to be the one. */
  void distrusts(TlsFailure failure) {
    distrust = Optional.of(failure);
  }

  void nobodyListens() {
    nobodyListens = true;
  }

  /** Why the latest connection ended. */
  void ended(String why) {
    problem = why;
  }

  void attached(long now, long progress) {
    reconnects += known ? 1 : 0;
    known = true;
    outage += now - cutSince;
    backoff.attached(now, progress);
  }

  /** The runner goes away by its own will. */
  void excused() {
    backoff.excused();
  }

  /** Why no other attempt is made; empty while one may help. */
  Optional<String> verdict(long now, String authority) {
    if (refusal.isPresent() && refusal.get().ends()) {
      return Optional.of(refusal.get().text());
    }
    if (distrust.isPresent() && (distrust.get().certain() || !known)) {
      return Optional.of(distrust.get().text());
    }
    if (!manner.ours() && !known && nobodyListens) {
      return Optional.of("nothing listens at " + authority + ": " + problem);
    }
    return now - cutSince < manner.outOfReach().toNanos()
        ? Optional.empty()
        : Optional.of(
            "disconnected_too_long: no connection for " + manner.outOfReach() + ": " + problem);
  }

  /** The end of the link: with the code of the refusal, where that is why. */
  LinkEnded end(String why, boolean poisoned) {
    if (poisoned) {
      return new LinkEnded(why, Optional.of(ErrorCode.TRANSPORT_POISON), Optional.empty());
    }
    Optional<Answer> last = refusal.filter(Answer::ends);
    return new LinkEnded(why, last.map(Answer::known), last.flatMap(Answer::tombstone));
  }

  /** Nanoseconds until the next attempt, with so many bytes taken over in both directions. */
  long pause(long now, long progress) {
    Duration asked = refusal.flatMap(Answer::retryAfter).orElse(Duration.ZERO);
    long pause = Math.max(backoff.pause(now, progress), asked.toNanos());
    return Math.min(pause, cutSince + manner.outOfReach().toNanos() - now);
  }

  /** Why the latest attempt was refused, if it was. */
  Optional<Answer> refusal() {
    return refusal;
  }

  /** How often it was attached to again. */
  int reconnects() {
    return reconnects;
  }

  /** Nanoseconds without a connection, of the cuts that are over. */
  long outage() {
    return outage;
  }
}
