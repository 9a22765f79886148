package dev.pyvisor.contract;

import dev.pyvisor.tool.Tool;
import java.util.concurrent.CountDownLatch;

/** Tools by which a test holds a cell at a place until it is told to go on. */
final class Gates {
  private Gates() {}

  /** {@code await wait()} counts {@code begun} down and returns when {@code go} is open. */
  static Tool waiting(CountDownLatch begun, CountDownLatch go) {
    return Tool.of(
        "wait",
        (arguments, context) -> {
          begun.countDown();
          go.await();
          return null;
        });
  }
}
