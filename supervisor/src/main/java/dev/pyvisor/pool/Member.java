package dev.pyvisor.pool;

import dev.pyvisor.Session;
import java.util.concurrent.CompletableFuture;

/**
 * A runner of a pool, with the one session that is lent. Its methods may block; one of them runs at
 * a time, apart from the close of a pool that is ended.
 *
 * <p>Thread-safe: implementations say how.
 */
interface Member {
  /** The session that whoever has the lease uses. */
  Session session();

  /** Whether it can be lent again at all. */
  boolean usable();

  /** How many tools of the lent session still run on the host. */
  int hostWork();

  /** When none does. */
  CompletableFuture<Void> hostWorkDone();

  /**
   * Puts a new session in the place of the lent one, of which nothing is left.
   *
   * @throws RuntimeException when that cannot be done
   */
  void renew();

  void close();
}
