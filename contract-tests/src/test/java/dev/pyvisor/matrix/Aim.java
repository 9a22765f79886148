package dev.pyvisor.matrix;

import dev.pyvisor.contract.chaos.Fate;
import dev.pyvisor.contract.chaos.LinkMessage;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Does something to the next messages of a kind; all others pass.
 *
 * <p>Thread-safe: guarded by this.
 */
final class Aim implements Function<LinkMessage, Fate> {
  private Predicate<LinkMessage> at = message -> false;
  private Function<LinkMessage, Fate> what = message -> Fate.PASSES;
  private int left;
  private int hits;

  /** From now on, for the next so many messages like this. */
  synchronized void at(
      int times, Predicate<LinkMessage> message, Function<LinkMessage, Fate> fate) {
    at = message;
    what = fate;
    left = times;
    hits = 0;
  }

  /** The next message like this. */
  void at(Predicate<LinkMessage> message, Function<LinkMessage, Fate> fate) {
    at(1, message, fate);
  }

  /** How often that happened. */
  synchronized int hits() {
    return hits;
  }

  @Override
  public synchronized Fate apply(LinkMessage message) {
    if (left == 0 || !at.test(message)) {
      return Fate.PASSES;
    }
    left--;
    hits++;
    return what.apply(message);
  }
}
