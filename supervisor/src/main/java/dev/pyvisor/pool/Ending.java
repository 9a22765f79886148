package dev.pyvisor.pool;

import dev.pyvisor.Defaults;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The end of a pool, which comes once, whoever closes it.
 *
 * <p>Thread-safe: who begins it brings it about, the others wait for that.
 */
final class Ending {
  private final AtomicBoolean begun = new AtomicBoolean();
  private final CountDownLatch over = new CountDownLatch(1);
  private final Set<Thread> enders = ConcurrentHashMap.newKeySet();

  /** Closers race: true for the first, which ends the pool; the others are to wait for it. */
  boolean begin() {
    return begun.compareAndSet(false, true);
  }

  /** Closes them all at once, each though another fails; the first failure is thrown after that. */
  void end(List<Member> members, Executor executor) {
    List<CompletableFuture<Void>> ends = new ArrayList<>();
    for (Member member : members) {
      ends.add(CompletableFuture.runAsync(() -> end(member), executor));
    }
    try {
      CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)).join();
    } catch (CompletionException failure) {
      throw failure.getCause() instanceof RuntimeException problem ? problem : failure;
    }
  }

  private void end(Member member) {
    enders.add(Thread.currentThread());
    try {
      member.close();
    } finally {
      enders.remove(Thread.currentThread());
    }
  }

  void over() {
    over.countDown();
  }

  /** Waits for it, but not where it would wait for this thread. An interrupt ends the wait. */
  void await() {
    if (enders.contains(Thread.currentThread())) {
      return;
    }
    try {
      // Bounded, for a member's end may wait for this thread too, which nobody can see.
      over.await(2 * Defaults.CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
