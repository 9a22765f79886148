package dev.pyvisor;

import java.util.Objects;
import java.util.Optional;

/**
 * How a file or a directory is put or collected.
 *
 * <p>Immutable.
 *
 * @param collision what becomes of a regular file that has the name already
 * @param listener hears how far it has come
 */
public record Transfer(Collision collision, Optional<TransferListener> listener) {
  /**
   * What becomes of a regular file that has the name already. A directory is never replaced, nor
   * are links and the like.
   *
   * <p>Immutable.
   */
  public enum Collision {
    /** It stays, and the transfer is refused. */
    REFUSE,
    /** It is replaced, in one step, when all of the new one is there. */
    REPLACE
  }

  public Transfer {
    Objects.requireNonNull(collision, "collision");
    Objects.requireNonNull(listener, "listener");
  }

  /** Refuses what is there, and tells nobody. */
  public static Transfer plain() {
    return new Transfer(Collision.REFUSE, Optional.empty());
  }

  /** The same, and a regular file that has the name already is replaced. */
  public Transfer replacing() {
    return new Transfer(Collision.REPLACE, listener);
  }

  /** The same, and this one hears how far it has come. */
  public Transfer listener(TransferListener hears) {
    return new Transfer(collision, Optional.of(hears));
  }
}
