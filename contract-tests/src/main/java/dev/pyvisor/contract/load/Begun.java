package dev.pyvisor.contract.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.CellListener;
import dev.pyvisor.outcome.OutputChunk;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A cell's listener that knows when the cell's code has begun to print.
 *
 * <p>Thread-safe: by a latch.
 */
public final class Begun implements CellListener {
  private final CountDownLatch latch = new CountDownLatch(1);

  @Override
  public void onOutput(OutputChunk chunk) {
    latch.countDown();
  }

  /** Waits for that; a cell that does not print within ten seconds fails the test. */
  public void await() throws InterruptedException {
    assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
  }
}
