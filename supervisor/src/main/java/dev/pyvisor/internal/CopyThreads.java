package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs what copies files of a client, and knows what of it is not over yet.
 *
 * <p>Thread-safe: by a concurrent set.
 */
final class CopyThreads implements Executor {
  private final Executor threads;
  private final Set<CompletableFuture<Void>> running = ConcurrentHashMap.newKeySet();

  CopyThreads(Executor threads) {
    this.threads = threads;
  }

  @Override
  public void execute(Runnable copying) {
    CompletableFuture<Void> over = new CompletableFuture<>();
    running.add(over);
    threads.execute(
        () -> {
          try {
            copying.run();
          } finally {
            running.remove(over);
            over.complete(null);
          }
        });
  }

  /** Their runner has ended, and so have they, but for removing what is half-done. */
  void awaitEnd() {
    try {
      CompletableFuture.allOf(running.toArray(CompletableFuture[]::new))
          .get(Defaults.COPY_CLEANUP.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException late) {
      // One whose listener holds it up, or which closes the client itself.
    } catch (ExecutionException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
