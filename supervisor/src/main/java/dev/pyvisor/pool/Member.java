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

  /**
   * Ends the lent session, for good: its code, its cells, and those of its tools that heed that.
   *
   * @return completes when the last of its tools has returned
   * @throws RuntimeException when that cannot be done; its code may go on
   */
  CompletableFuture<Void> end();

  /**
   * Puts a new session in the place of the lent one, which has ended.
   *
   * @throws RuntimeException when that cannot be done
   */
  void renew();

  /** Ends the runner and all that runs on it at once; waits for no tool. */
  void close();
}
