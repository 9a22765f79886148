package dev.pyvisor.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ToolPoolTest {
  private final ToolPool pool = new ToolPool(2, ToolPoolTest::daemon);

  @AfterEach
  void close() {
    pool.close();
  }

  @Test
  void calls_run_at_once_up_to_the_limit_and_then_wait() throws Exception {
    CyclicBarrier both = new CyclicBarrier(2);
    CountDownLatch release = new CountDownLatch(1);
    AtomicBoolean third = new AtomicBoolean();
    Future<?> one = pool.submit(() -> meet(both, release));
    Future<?> two = pool.submit(() -> meet(both, release));
    Future<?> three = pool.submit(() -> third.set(release.getCount() == 0));
    release.countDown();
    one.get();
    two.get();
    three.get();
    assertThat(third).isTrue();
  }

  @Test
  void a_cancelled_call_is_interrupted_where_it_runs_and_never_begins_where_it_waits()
      throws Exception {
    CountDownLatch begun = new CountDownLatch(2);
    CountDownLatch interrupted = new CountDownLatch(2);
    Future<?> first = pool.submit(() -> untilInterrupted(begun, interrupted));
    Future<?> second = pool.submit(() -> untilInterrupted(begun, interrupted));
    begun.await();
    AtomicBoolean ran = new AtomicBoolean();
    Future<?> waiting = pool.submit(() -> ran.set(true));
    pool.cancel(waiting);
    pool.cancel(first);
    pool.cancel(second);
    interrupted.await();
    pool.submit(() -> {}).get();
    assertThat(ran).isFalse();
  }

  @Test
  void an_idle_thread_is_used_before_another_is_made() throws Exception {
    Set<Thread> used = ConcurrentHashMap.newKeySet();
    for (int call = 0; call < 20; call++) {
      pool.submit(() -> used.add(Thread.currentThread())).get();
      await().until(() -> used.stream().allMatch(ToolPoolTest::waits));
    }
    assertThat(used).hasSize(1);
  }

  @Test
  void a_cancel_does_not_reach_the_next_call_on_the_thread() throws Exception {
    ToolPool single = new ToolPool(1, ToolPoolTest::daemon);
    CountDownLatch begun = new CountDownLatch(1);
    Future<?> first = single.submit(() -> untilInterrupted(begun, new CountDownLatch(1)));
    begun.await();
    AtomicBoolean interrupted = new AtomicBoolean();
    Future<?> next = single.submit(() -> interrupted.set(Thread.interrupted()));
    single.cancel(first);
    next.get();
    assertThat(interrupted).isFalse();
    single.close();
  }

  @Test
  void a_tool_that_ignores_its_interrupt_does_not_hold_up_closing() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    pool.submit(
        () -> {
          begun.countDown();
          while (release.getCount() > 0) {
            uninterrupted(release);
          }
          ended.countDown();
        });
    begun.await();
    pool.close();
    assertThat(ended.getCount()).isEqualTo(1);
    assertThatThrownBy(() -> pool.submit(() -> {})).isInstanceOf(RejectedExecutionException.class);
    release.countDown();
    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
  }

  private static void uninterrupted(CountDownLatch release) {
    try {
      release.await();
    } catch (InterruptedException ignored) {
      // That is the point of it.
    }
  }

  private static boolean waits(Thread thread) {
    return thread.getState() == Thread.State.TIMED_WAITING;
  }

  private static void meet(CyclicBarrier both, CountDownLatch release) {
    try {
      both.await();
      release.await();
    } catch (Exception failed) {
      throw new AssertionError(failed);
    }
  }

  private static void untilInterrupted(CountDownLatch begun, CountDownLatch interrupted) {
    begun.countDown();
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException expected) {
      interrupted.countDown();
    }
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "tool-pool-test");
    thread.setDaemon(true);
    return thread;
  }
}
