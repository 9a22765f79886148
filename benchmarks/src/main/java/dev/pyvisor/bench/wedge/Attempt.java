package dev.pyvisor.bench.wedge;

import dev.pyvisor.bench.BenchLimits;
import dev.pyvisor.bench.python.PythonChild;
import dev.pyvisor.bench.wedge.Verdict.Failed;
import dev.pyvisor.bench.wedge.Verdict.Finished;
import dev.pyvisor.bench.wedge.Verdict.Slow;
import dev.pyvisor.bench.wedge.Verdict.Wedged;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One conversation with one peer, watched from outside: it ends by itself, or it is killed when for
 * a while nothing has moved.
 *
 * <p>Confined to the thread that runs it.
 */
final class Attempt {
  private final Path python;
  private final Duration silence;

  /**
   * @param silence for how long nothing may move before it is called a wedge
   */
  Attempt(Path python, Duration silence) {
    this.python = python;
    this.silence = silence;
  }

  Verdict run(String mode, Conversation conversation, PipeSize pipes)
      throws IOException, InterruptedException {
    try (PythonChild child = Peer.start(python, Redirect.PIPE, mode, BenchLimits.AT_ONCE, pipes)) {
      Wire wire = new Wire(child);
      CompletableFuture<Duration> end = new CompletableFuture<>();
      wire.start("caller", () -> hold(conversation, wire, end));
      Verdict verdict = watch(child, wire, end);
      child.kill();
      release(wire);
      return verdict;
    }
  }

  private static void hold(Conversation talk, Wire wire, CompletableFuture<Duration> end) {
    long begin = System.nanoTime();
    try {
      talk.hold(wire);
      end.complete(Duration.ofNanos(System.nanoTime() - begin));
    } catch (Exception e) {
      end.completeExceptionally(e);
    }
  }

  private Verdict watch(PythonChild child, Wire wire, CompletableFuture<Duration> end)
      throws InterruptedException {
    long limit = System.nanoTime() + BenchLimits.OPERATION.toNanos();
    long before = -1;
    while (System.nanoTime() < limit) {
      try {
        return new Finished(end.get(silence.toMillis(), TimeUnit.MILLISECONDS));
      } catch (ExecutionException e) {
        return new Failed(String.valueOf(e.getCause()));
      } catch (TimeoutException e) {
        if (wire.trouble().isPresent()) {
          return new Failed(wire.trouble().get().toString());
        }
        long now = wire.moved();
        if (now == before) {
          return new Wedged(silence, Whereabouts.of(wire, child));
        }
        before = now;
      }
    }
    return new Slow(BenchLimits.OPERATION);
  }

  /** Kill frees who is in a read or write, interruption who polls or waits for a queue. */
  private static void release(Wire wire) throws InterruptedException {
    for (Thread thread : wire.threads()) {
      thread.interrupt();
      thread.join(BenchLimits.GOODBYE.toMillis());
      if (thread.isAlive()) {
        throw new IllegalStateException(thread.getName() + " outlived its peer");
      }
    }
  }
}
