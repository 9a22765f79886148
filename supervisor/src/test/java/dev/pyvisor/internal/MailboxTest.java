package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One task after another. */
@Timeout(20)
class MailboxTest {
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  @Test
  void tasks_run_in_their_order_never_two_at_once_and_inline_ones_wait_their_turn()
      throws Exception {
    Mailbox mailbox = new Mailbox(threads);
    List<Integer> seen = new ArrayList<>();
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    mailbox.post(
        () -> {
          entered.countDown();
          awaitQuietly(gate);
          seen.add(0);
        });
    entered.await();
    for (int i = 1; i <= 1000; i++) {
      int number = i;
      if (i % 2 == 0) {
        mailbox.post(() -> seen.add(number));
      } else {
        mailbox.postInline(() -> seen.add(number));
      }
    }
    mailbox.post(done::countDown);
    assertThat(seen).isEmpty();
    gate.countDown();
    assertThat(done.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(seen).hasSize(1001).isSorted();
  }

  @Test
  void an_inline_task_runs_here_and_now_where_nothing_is_before_it() {
    Mailbox mailbox = new Mailbox(threads);
    Thread[] ran = new Thread[1];
    mailbox.postInline(() -> ran[0] = Thread.currentThread());
    assertThat(ran[0]).isSameAs(Thread.currentThread());
  }

  @Test
  void a_task_that_throws_does_not_stop_the_next() throws Exception {
    Mailbox mailbox = new Mailbox(threads);
    CountDownLatch done = new CountDownLatch(1);
    mailbox.post(
        () -> {
          throw new IllegalStateException("task");
        });
    mailbox.post(done::countDown);
    assertThat(done.await(5, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void a_task_knows_whose_mailbox_it_is_in() throws Exception {
    Mailbox mine = new Mailbox(threads);
    Mailbox other = new Mailbox(threads);
    boolean[] found = new boolean[2];
    CountDownLatch done = new CountDownLatch(1);
    mine.post(
        () -> {
          found[0] = mine.runsHere();
          found[1] = other.runsHere();
          done.countDown();
        });
    assertThat(done.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(found).containsExactly(true, false);
    assertThat(mine.runsHere()).isFalse();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
