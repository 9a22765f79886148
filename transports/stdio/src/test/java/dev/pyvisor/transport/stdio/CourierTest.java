package dev.pyvisor.transport.stdio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.wire.Frame;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class CourierTest {

  @Test
  void frames_of_many_threads_are_handed_over_one_at_a_time_and_none_is_lost() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    List<Integer> handed = Collections.synchronizedList(new ArrayList<>());
    Courier courier =
        new Courier(
            frame -> {
              assertThat(inside.incrementAndGet()).isEqualTo(1);
              handed.add(ByteBuffer.wrap(frame.body()).getInt());
              inside.decrementAndGet();
            });
    List<Thread> threads = new ArrayList<>();
    for (int thread = 0; thread < 8; thread++) {
      int base = thread * 1000;
      threads.add(
          new Thread(
              () -> {
                for (int each = 0; each < 1000; each++) {
                  courier.add(frame(base + each));
                  courier.deliver();
                }
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(handed).hasSize(8000).doesNotHaveDuplicates();
    for (int thread = 0; thread < 8; thread++) {
      int base = thread * 1000;
      assertThat(handed.stream().filter(each -> each / 1000 * 1000 == base)).isSorted();
    }
  }

  @Test
  void who_comes_while_another_hands_over_does_not_wait() throws Exception {
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    List<Integer> handed = Collections.synchronizedList(new ArrayList<>());
    Courier courier =
        new Courier(
            frame -> {
              int number = ByteBuffer.wrap(frame.body()).getInt();
              handed.add(number);
              if (number == 1) {
                reached.countDown();
                await(go);
              }
            });
    courier.add(frame(1));
    Thread slow = new Thread(courier::deliver);
    slow.start();
    await(reached);
    courier.add(frame(2));
    courier.deliver();
    assertThat(handed).containsExactly(1);
    go.countDown();
    slow.join();
    assertThat(handed).containsExactly(1, 2);
  }

  @Test
  void after_a_failure_and_after_the_end_nothing_is_handed_over() {
    List<Integer> handed = new ArrayList<>();
    Courier courier =
        new Courier(
            frame -> {
              handed.add(ByteBuffer.wrap(frame.body()).getInt());
              throw new IllegalStateException("the host fails");
            });
    courier.add(frame(1));
    courier.add(frame(2));
    assertThatThrownBy(courier::deliver).hasMessage("the host fails");
    courier.add(frame(3));
    courier.deliver();
    assertThat(handed).containsExactly(1);
  }

  private static Frame frame(int number) {
    return Frame.ping(ByteBuffer.allocate(4).putInt(number).array());
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
