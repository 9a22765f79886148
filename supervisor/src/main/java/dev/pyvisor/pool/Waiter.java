package dev.pyvisor.pool;

import java.util.concurrent.CompletableFuture;

/**
 * Somebody in the line.
 *
 * <p>Guarded by the {@link Slots} that it waits for.
 */
final class Waiter {
  final String principal;
  final CompletableFuture<Lease> lease = new CompletableFuture<>();
  boolean shown; // whether the user has the lease, and may have hung something on it

  Waiter(String principal) {
    this.principal = principal;
  }
}
