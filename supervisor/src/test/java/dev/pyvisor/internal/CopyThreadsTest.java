package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class CopyThreadsTest {

  @Test
  void the_end_waits_for_what_is_half_done_to_be_removed() throws InterruptedException {
    CopyThreads copies = new CopyThreads(work -> new Thread(work, "copy").start());
    CountDownLatch slow = new CountDownLatch(1);
    AtomicBoolean removed = new AtomicBoolean();
    AtomicBoolean waitedFor = new AtomicBoolean();
    copies.execute(
        () -> {
          try {
            slow.await();
            removed.set(true);
          } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
          }
        });
    Thread closing =
        new Thread(
            () -> {
              copies.awaitEnd();
              waitedFor.set(removed.get());
            },
            "closing");
    closing.start();
    Awaitility.await()
        .until(
            () ->
                closing.getState() == Thread.State.TIMED_WAITING
                    || closing.getState() == Thread.State.TERMINATED);
    slow.countDown();
    closing.join();
    assertThat(waitedFor).isTrue();
  }
}
