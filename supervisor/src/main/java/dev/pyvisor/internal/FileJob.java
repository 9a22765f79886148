package dev.pyvisor.internal;

import dev.pyvisor.error.CallCancelled;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ProtocolViolated;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.wire.ProtocolError;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/**
 * Work with files on a thread of its own: it ends with a result or with one of our exceptions.
 *
 * <p>Thread-safe: by its future and a volatile flag.
 */
final class FileJob<T> implements Runnable {
  final CompletableFuture<T> result = new CompletableFuture<>();
  private final String runnerId;
  private final String what;
  private final Work<T> work;
  private volatile boolean givenUp;
  private volatile boolean asked;

  /**
   * What is done.
   *
   * <p>Confined to the thread that copies.
   */
  interface Work<T> {
    T run(FileJob<T> job) throws IOException;
  }

  FileJob(String runnerId, String what, Work<T> work) {
    this.runnerId = runnerId;
    this.what = what;
    this.work = work;
  }

  @Override
  public void run() {
    try {
      checkGivenUp();
      result.complete(work.run(this));
    } catch (RunnerException failed) {
      result.completeExceptionally(failed);
    } catch (IOException | RuntimeException failed) {
      result.completeExceptionally(known(failed));
    } catch (Error defect) {
      result.completeExceptionally(defect); // who waits must not wait for ever
    }
  }

  private RunnerException known(Exception failed) {
    if (failed instanceof ProtocolError misfit) {
      return new ProtocolViolated(
          runnerId, Delivery.ANSWERED, misfit.rule(), String.valueOf(misfit.getMessage()));
    }
    return FileErrors.of(runnerId, delivery(), what, failed);
  }

  /** From now on the runner has been asked for something. */
  void asking() {
    asked = true;
  }

  /** How far it came with the runner, for a failure of this side. */
  Delivery delivery() {
    return asked ? Delivery.ANSWERED : Delivery.NEVER_SENT;
  }

  /** Its caller does not want it any more: it ends at its next step. */
  void giveUp() {
    givenUp = true;
  }

  /** Between two steps. */
  void checkGivenUp() {
    if (givenUp) {
      throw new CallCancelled(
          runnerId, Delivery.UNKNOWN, what + " was given up; nothing half-done is left of it");
    }
  }
}
