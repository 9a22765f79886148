package dev.pyvisor.matrix;

import dev.pyvisor.CellListener;
import dev.pyvisor.outcome.OutputChunk;
import java.util.concurrent.CountDownLatch;

/** Tells when a cell has printed something. */
record Begun(CountDownLatch latch) implements CellListener {
  @Override
  public void onOutput(OutputChunk chunk) {
    latch.countDown();
  }
}
