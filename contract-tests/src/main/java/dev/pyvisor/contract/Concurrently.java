package dev.pyvisor.contract;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Runs work of a test on a thread of its own, so that callers are as many as the test says. */
final class Concurrently {
  private Concurrently() {}

  static <T> CompletableFuture<T> start(Callable<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                result.complete(work.call());
              } catch (Throwable failure) {
                result.completeExceptionally(failure);
              }
            },
            "test-caller");
    thread.setDaemon(true);
    thread.start();
    return result;
  }

  static <T> T join(CompletableFuture<T> result) {
    try {
      return result.join();
    } catch (CompletionException e) {
      throw new AssertionError("a caller failed", e.getCause());
    }
  }
}
