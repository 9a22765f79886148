package dev.pyvisor.matrix;

import dev.pyvisor.CellListener;
import dev.pyvisor.outcome.OutputChunk;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Stays in its first call, so that no credit is given back, until it may go on. */
final class StalledListener implements CellListener {
  private final CountDownLatch released = new CountDownLatch(1);

  @Override
  public void onOutput(OutputChunk chunk) {
    try {
      released.await(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void goOn() {
    released.countDown();
  }
}
