package dev.pyvisor.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pyvisor.testing.Rule;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
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
  private final List<ToolPool.Exhausted> refusals = new CopyOnWriteArrayList<>();
  private final ToolPool pool = new ToolPool(2, 2, ToolPoolTest::daemon);

  @AfterEach
  void close() {
    pool.close();
  }

  @Test
  void calls_run_at_once_up_to_the_limit_and_then_wait() throws Exception {
    CyclicBarrier both = new CyclicBarrier(2);
    CountDownLatch release = new CountDownLatch(1);
    AtomicBoolean third = new AtomicBoolean();
    Future<?> one = submit(() -> meet(both, release));
    Future<?> two = submit(() -> meet(both, release));
    Future<?> three = submit(() -> third.set(release.getCount() == 0));
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
    Future<?> first = submit(() -> untilInterrupted(begun, interrupted));
    Future<?> second = submit(() -> untilInterrupted(begun, interrupted));
    begun.await();
    AtomicBoolean ran = new AtomicBoolean();
    Future<?> waiting = submit(() -> ran.set(true));
    pool.cancel(waiting);
    pool.cancel(first);
    pool.cancel(second);
    interrupted.await();
    submit(() -> {}).get();
    assertThat(ran).isFalse();
  }

  @Test
  void an_idle_thread_is_used_before_another_is_made() throws Exception {
    Set<Thread> used = ConcurrentHashMap.newKeySet();
    for (int call = 0; call < 20; call++) {
      submit(() -> used.add(Thread.currentThread())).get();
      await().until(() -> used.stream().allMatch(ToolPoolTest::waits));
    }
    assertThat(used).hasSize(1);
  }

  @Test
  void a_cancel_does_not_reach_the_next_call_on_the_thread() throws Exception {
    ToolPool single = new ToolPool(1, 2, ToolPoolTest::daemon);
    CountDownLatch begun = new CountDownLatch(1);
    Future<?> first = submit(single, () -> untilInterrupted(begun, new CountDownLatch(1)));
    begun.await();
    AtomicBoolean interrupted = new AtomicBoolean();
    Future<?> next = submit(single, () -> interrupted.set(Thread.interrupted()));
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
    submit(
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
    assertThatThrownBy(() -> submit(() -> {})).isInstanceOf(RejectedExecutionException.class);
    release.countDown();
    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  @Rule("H28")
  void a_thread_that_is_given_up_makes_room_for_the_calls_that_wait() throws Exception {
    ToolPool single = new ToolPool(1, 2, ToolPoolTest::daemon);
    Stubborn stubborn = new Stubborn();
    Future<?> first = submit(single, stubborn);
    stubborn.begun.await();
    AtomicBoolean ran = new AtomicBoolean();
    Future<?> waiting = submit(single, () -> ran.set(true));
    single.cancel(first);
    assertThat(single.giveUp(first)).isTrue();
    assertThat(single.giveUp(first)).isFalse();
    waiting.get();
    assertThat(ran).isTrue();
    assertThat(single.leaked()).isEqualTo(1);
    stubborn.release.countDown();
    await().until(() -> single.leaked() == 0);
    submit(single, () -> {}).get();
    single.close();
  }

  @Test
  @Rule("H28")
  void calls_are_refused_while_too_many_threads_are_given_up() throws Exception {
    List<Stubborn> stubborn = List.of(new Stubborn(), new Stubborn());
    for (Stubborn each : stubborn) {
      Future<?> call = submit(each);
      each.begun.await();
      pool.cancel(call);
      assertThat(pool.giveUp(call)).isTrue();
    }
    assertThat(refusals).isEmpty();
    AtomicBoolean ran = new AtomicBoolean();
    submit(() -> ran.set(true));
    assertThat(refusals).hasSize(1);
    assertThat(refusals.get(0).limit()).isEqualTo("leaked_tool_threads");
    assertThat(refusals.get(0).current()).isEqualTo(2);
    assertThat(refusals.get(0).max()).isEqualTo(2);
    assertThat(ran).isFalse();
    stubborn.forEach(each -> each.release.countDown());
    await().until(() -> pool.leaked() == 0);
    submit(() -> ran.set(true)).get();
    assertThat(ran).isTrue();
  }

  @Test
  void a_call_for_which_no_thread_can_be_made_is_refused_or_taken_by_another_thread()
      throws Exception {
    AtomicBoolean exhausted = new AtomicBoolean(true);
    ToolPool poor =
        new ToolPool(
            2,
            2,
            work -> {
              if (exhausted.get()) {
                throw new OutOfMemoryError("unable to create native thread");
              }
              return daemon(work);
            });
    submit(poor, () -> {});
    assertThat(refusals).hasSize(1);
    assertThat(refusals.get(0).text()).contains("unable to create native thread");
    exhausted.set(false);
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    submit(
        poor,
        () -> {
          begun.countDown();
          uninterrupted(release);
        });
    begun.await();
    exhausted.set(true);
    Future<?> second = submit(poor, () -> {});
    release.countDown();
    second.get();
    assertThat(refusals).hasSize(1);
    poor.close();
  }

  /** A call that does not heed its interrupt. */
  private static final class Stubborn implements Runnable {
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch release = new CountDownLatch(1);

    @Override
    public void run() {
      begun.countDown();
      while (release.getCount() > 0) {
        uninterrupted(release);
      }
    }
  }

  private Future<?> submit(Runnable call) {
    return submit(pool, call);
  }

  private Future<?> submit(ToolPool to, Runnable call) {
    return to.submit(call, refusals::add);
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
