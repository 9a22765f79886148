package dev.pyvisor.contract.chaos;

import dev.pyvisor.contract.chaos.Cut.How;
import java.util.Optional;

/**
 * What becomes of one message.
 *
 * <p>Immutable.
 *
 * @param bytes so many of its bytes on the wire are passed on
 * @param end how the connection ends then; empty: it goes on
 */
public record Fate(int bytes, Optional<How> end) {
  /** It passes. */
  public static final Fate PASSES = new Fate(Integer.MAX_VALUE, Optional.empty());

  /** It is lost, and the connection knows nothing of it. */
  public static final Fate LOST = new Fate(0, Optional.empty());

  /** The connection ends before it. */
  public static Fate cutBefore(How how) {
    return cutAfter(0, how);
  }

  /** So many of its bytes pass, then the connection ends. */
  public static Fate cutAfter(int bytes, How how) {
    return new Fate(bytes, Optional.of(how));
  }

  /** It passes, then the connection ends. */
  public static Fate cutBehind(How how) {
    return cutAfter(Integer.MAX_VALUE, how);
  }
}
