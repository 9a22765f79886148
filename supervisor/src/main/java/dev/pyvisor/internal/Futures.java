package dev.pyvisor.internal;

import dev.pyvisor.error.CallCancelled;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.RunnerException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The two faces of an internal future: a blocking wait, and a future for the user. Nothing of the
 * user's hangs on the internal one, so that whoever completes it (often the reader) runs none of
 * the user's code.
 *
 * <p>Immutable.
 */
public final class Futures {
  private Futures() {}

  /**
   * Waits. An interrupt ends the wait, is kept, and changes nothing for the work that is waited
   * for.
   *
   * @param whenInterrupted what to throw then
   */
  public static <T> T await(
      CompletableFuture<T> internal, Supplier<? extends RunnerException> whenInterrupted) {
    try {
      return internal.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw whenInterrupted.get();
    } catch (ExecutionException e) {
      throw rethrown(e.getCause());
    }
  }

  public static CallCancelled interrupted(String runnerId, String what) {
    return new CallCancelled(
        runnerId,
        Delivery.UNKNOWN,
        "the thread was interrupted while it waited for " + what + ", which goes on");
  }

  /** A future for the user, completed on the executor; cancelling it touches nothing else. */
  static <T> CompletableFuture<T> published(
      CompletableFuture<T> internal, CallbackExecutor executor) {
    CompletableFuture<T> shown = new CompletableFuture<>();
    if (internal.isDone()) {
      // Nothing of the user's hangs on it yet, so there is nothing to keep off this thread.
      internal.whenComplete((value, failure) -> settle(shown, value, failure));
    } else {
      internal.whenComplete(
          (value, failure) -> executor.execute(() -> settle(shown, value, failure)));
    }
    return shown;
  }

  private static <T> void settle(CompletableFuture<T> shown, T value, @Nullable Throwable failure) {
    if (failure == null) {
      shown.complete(value);
    } else {
      shown.completeExceptionally(cause(failure));
    }
  }

  static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  private static RuntimeException rethrown(Throwable cause) {
    if (cause instanceof RunnerException known) {
      // The stack that matters is the caller's; the exception was made on another thread.
      RunnerException here = known.as(known.delivery());
      if (here != known) {
        here.initCause(known);
      }
      return here;
    }
    if (cause instanceof CancellationException cancelled) {
      return cancelled;
    }
    throw new AssertionError("an internal future failed", cause);
  }
}
