package dev.pyvisor.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Session;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.testing.Census;
import dev.pyvisor.testing.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@Timeout(30)
@ExtendWith(Census.class)
class SessionPoolTest {
  private final Queue<Fake> opened = new ConcurrentLinkedQueue<>();
  private final AtomicInteger numbers = new AtomicInteger();
  private volatile Supplier<RunnerException> openFails = () -> null;
  private SessionPool pool;

  @AfterEach
  void close() {
    if (pool != null) {
      pool.close();
      assertThat(opened).allMatch(member -> member.closed.getCount() == 0);
    }
  }

  /** A member without a runner. */
  private class Fake implements Member {
    final int number = numbers.getAndIncrement();
    final AtomicBoolean lent = new AtomicBoolean();
    final AtomicInteger ended = new AtomicInteger();
    final AtomicInteger renewed = new AtomicInteger();
    final CountDownLatch closed = new CountDownLatch(1);
    volatile CompletableFuture<Void> work = CompletableFuture.completedFuture(null);
    volatile boolean dead;
    volatile RuntimeException endFails;
    volatile RuntimeException renewFails;
    volatile Runnable onClose = () -> {};
    volatile RuntimeException closeFails;

    @Override
    public Session session() {
      return null;
    }

    @Override
    public boolean usable() {
      return !dead;
    }

    @Override
    public CompletableFuture<Void> end() {
      ended.incrementAndGet();
      if (endFails != null) {
        throw endFails;
      }
      return work;
    }

    @Override
    public void renew() {
      renewed.incrementAndGet();
      if (renewFails != null) {
        throw renewFails;
      }
    }

    @Override
    public void close() {
      onClose.run();
      closed.countDown();
      if (closeFails != null) {
        throw closeFails;
      }
    }
  }

  private Fake open() {
    RunnerException failure = openFails.get();
    if (failure != null) {
      throw failure;
    }
    Fake member = new Fake();
    opened.add(member);
    return member;
  }

  private SessionPool.Builder builder(int size) {
    return new SessionPool.Builder(this::open).size(size);
  }

  private static RunnerException broken(String why) {
    return new CallFailed("r", ErrorCode.INTERNAL, why);
  }

  private static Fake of(Lease lease) {
    return (Fake) lease.member();
  }

  @Test
  @Rule("C142")
  void warm_runners_are_started_all_at_once() {
    CyclicBarrier together = new CyclicBarrier(3);
    pool =
        new SessionPool.Builder(
                () -> {
                  try {
                    together.await(20, TimeUnit.SECONDS);
                  } catch (Exception alone) {
                    throw new IllegalStateException(alone);
                  }
                  return open();
                })
            .size(3)
            .open();
    assertThat(pool.status()).isEqualTo(new PoolStatus(3, 3, 0, 0, 0, 0));
    assertThatThrownBy(() -> builder(0)).hasMessageContaining("size must be at least 1, not 0");
    assertThatThrownBy(() -> builder(1).warm(2).open())
        .hasMessageContaining("warm is 2, more than the size of the pool, 1");
  }

  @Test
  @Rule("C143")
  void where_one_cannot_be_started_the_others_are_ended() {
    AtomicInteger starts = new AtomicInteger();
    openFails = () -> starts.incrementAndGet() == 2 ? broken("no room") : null;
    assertThatThrownBy(() -> builder(3).open())
        .isInstanceOf(CallFailed.class)
        .hasMessageContaining("no room");
    assertThat(opened).hasSize(2);
    opened.forEach(member -> assertThat(ended(member)).isTrue());
  }

  private static boolean ended(Fake member) {
    return awaited(member.closed);
  }

  private static boolean awaited(CountDownLatch latch) {
    try {
      return latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  @Rule({"C145", "C146"})
  void a_lease_is_exclusive_and_those_who_wait_are_served_in_their_order() {
    pool = builder(1).open();
    Lease first = pool.lease();
    CompletableFuture<Lease> second = pool.leaseAsync();
    CompletableFuture<Lease> third = pool.leaseAsync();
    assertThat(second).isNotDone();
    first.close();
    first.close();
    Lease next = second.join();
    assertThat(of(next).renewed).hasValue(1);
    assertThat(third).isNotDone();
    first.close(); // long over: it must not give back what is another's
    assertThat(pool.status().leased()).isEqualTo(1);
    next.close();
    assertThat(of(third.join()).renewed).hasValue(2);
  }

  @Test
  @Rule("C146")
  void the_one_that_is_idle_for_longest_is_lent_first() {
    pool = builder(2).open();
    Lease one = pool.lease();
    Lease other = pool.lease();
    int first = of(one).number;
    one.close();
    CompletableFuture<Lease> again = pool.leaseAsync();
    assertThat(of(again.join()).number).isEqualTo(first);
    other.close();
  }

  @Test
  @Rule("C155")
  void a_waiter_that_is_cancelled_takes_nothing_from_those_behind() {
    pool = builder(1).open();
    Lease first = pool.lease();
    CompletableFuture<Lease> second = pool.leaseAsync();
    CompletableFuture<Lease> third = pool.leaseAsync();
    assertThat(second.cancel(false)).isTrue();
    assertThat(pool.status().waiting()).isEqualTo(1);
    first.close();
    assertThat(third.join()).isNotNull();
  }

  @Test
  @Rule("C151")
  void one_that_cannot_be_made_anew_is_replaced() {
    pool = builder(1).open();
    Lease first = pool.lease();
    of(first).renewFails = broken("stuck");
    first.close();
    Lease next = pool.lease();
    assertThat(of(next)).isNotSameAs(of(first));
    assertThat(ended(of(first))).isTrue();
    of(next).renewFails = new IllegalStateException("a bug");
    next.close();
    assertThat(of(pool.lease())).isNotSameAs(of(next));
  }

  @Test
  void one_that_is_discarded_or_dead_is_replaced_and_not_lent() {
    pool = builder(1).open();
    Lease first = pool.lease();
    first.discard();
    Lease second = pool.lease();
    assertThat(of(second)).isNotSameAs(of(first));
    assertThat(of(first).renewed).hasValue(0);
    second.close();
    Lease third = pool.lease();
    third.close();
    Lease fourth = pool.lease();
    Fake died = of(fourth);
    died.dead = true;
    fourth.close();
    assertThat(of(pool.lease())).isNotSameAs(died);
  }

  @Test
  @Rule("C152")
  void a_replacement_that_fails_is_told_to_the_first_in_the_line_and_the_next_one_tries_again() {
    pool = builder(1).open();
    Lease first = pool.lease();
    of(first).renewFails = broken("stuck");
    CompletableFuture<Lease> second = pool.leaseAsync();
    CompletableFuture<Lease> third = pool.leaseAsync();
    AtomicInteger tries = new AtomicInteger();
    openFails = () -> tries.incrementAndGet() == 1 ? broken("no memory") : null;
    first.close();
    assertThatThrownBy(second::join)
        .isInstanceOf(CompletionException.class)
        .hasRootCauseMessage("no memory");
    assertThat(third.join()).isNotNull();
    third.join().close();
    assertThat(pool.lease()).isNotNull();
  }

  @Test
  void without_a_waiter_a_failed_replacement_is_tried_again_at_the_next_lease() {
    pool = builder(1).open();
    Lease first = pool.lease();
    AtomicInteger tries = new AtomicInteger();
    CountDownLatch failed = new CountDownLatch(1);
    openFails =
        () -> {
          boolean fails = tries.incrementAndGet() == 1;
          failed.countDown();
          return fails ? broken("no memory") : null;
        };
    first.discard();
    awaited(failed);
    Lease second = null;
    while (second == null) { // the first may still be told the failure: then it asks once more
      try {
        second = pool.lease();
      } catch (CallFailed told) {
        assertThat(told).hasMessage("no memory");
      }
    }
    assertThat(tries).hasValueGreaterThan(1);
  }

  @Test
  @Rule({"C147", "C148", "C150"})
  void closing_ends_all_of_them_though_one_fails_and_frees_who_waits() {
    pool = builder(3).open();
    Lease lent = pool.lease();
    pool.lease();
    pool.lease();
    CompletableFuture<Lease> waiter = pool.leaseAsync();
    List<Fake> members = new ArrayList<>(opened);
    members.get(0).closeFails = new IllegalStateException("cannot end");
    assertThatThrownBy(() -> pool.close()).hasMessageContaining("cannot end");
    assertThat(members).allMatch(member -> member.closed.getCount() == 0);
    assertThatThrownBy(waiter::join)
        .hasCauseInstanceOf(CallFailed.class)
        .hasMessageContaining("the pool is closed");
    assertThatThrownBy(() -> pool.lease()).hasMessageContaining("the pool is closed");
    lent.close();
    assertThat(of(lent).renewed).hasValue(0);
    pool.close();
  }

  @Test
  @Rule("C149")
  void one_that_is_being_started_when_the_pool_is_closed_is_ended_when_it_is_there()
      throws Exception {
    CountDownLatch starting = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    SessionPool closing =
        new SessionPool.Builder(
                () -> {
                  starting.countDown();
                  awaited(goOn);
                  return open();
                })
            .size(1)
            .warm(0)
            .open();
    CompletableFuture<Lease> waiter = closing.leaseAsync();
    starting.await();
    closing.close();
    assertThatThrownBy(waiter::join).hasMessageContaining("the pool is closed");
    goOn.countDown();
    Awaitility.await().until(() -> !opened.isEmpty());
    assertThat(ended(opened.element())).isTrue();
  }

  @Test
  @Rule({"C147", "C148"})
  void closing_it_from_what_hangs_on_a_lease_that_it_refuses_leaves_no_runner() throws Exception {
    pool = builder(1).open();
    Fake lent = of(pool.lease());
    CompletableFuture<Lease> waiter = pool.leaseAsync();
    CompletableFuture<Void> closedToo = waiter.handle((lease, refused) -> null);
    closedToo = closedToo.thenRun(pool::close);
    pool.close();
    assertThat(lent.closed.getCount()).isZero();
    closedToo.get(20, TimeUnit.SECONDS);
  }

  @Test
  @Rule("C147")
  void a_second_closer_waits_for_the_first_and_one_inside_the_end_of_a_runner_does_not()
      throws Exception {
    pool = builder(2).open();
    Lease one = pool.lease();
    Lease other = pool.lease();
    ExecutorService threads = Executors.newCachedThreadPool();
    CompletableFuture<Void> inside = new CompletableFuture<>();
    CompletableFuture<Void> second = new CompletableFuture<>();
    of(one).onClose =
        () -> {
          pool.close();
          inside.complete(null);
        };
    of(other).onClose =
        () -> {
          inside.orTimeout(4, TimeUnit.SECONDS).join();
          threads.execute(
              () -> {
                pool.close();
                second.complete(null);
              });
          assertThatThrownBy(() -> second.get(200, TimeUnit.MILLISECONDS))
              .as("it waits")
              .isInstanceOf(TimeoutException.class);
        };
    threads.submit(pool::close).get(20, TimeUnit.SECONDS);
    second.get(20, TimeUnit.SECONDS);
    assertThat(opened).allMatch(member -> member.closed.getCount() == 0);
    threads.shutdown();
  }

  @Test
  void what_hangs_on_a_lease_runs_on_a_thread_of_the_pool() throws Exception {
    pool = builder(1).open();
    pool.lease();
    CompletableFuture<String> refused =
        pool.leaseAsync().handle((lease, failure) -> Thread.currentThread().getName());
    pool.close();
    assertThat(refused.get(20, TimeUnit.SECONDS)).startsWith("pyvisor-pool-");
  }

  @Test
  @Rule("C152")
  void a_waiter_that_hears_of_a_failure_and_blocks_holds_up_nobody() throws Exception {
    CountDownLatch bothWait = new CountDownLatch(1);
    AtomicInteger tries = new AtomicInteger();
    openFails =
        () -> {
          awaited(bothWait);
          return tries.incrementAndGet() == 1 ? broken("no memory") : null;
        };
    pool = builder(1).warm(0).leaseTimeout(Duration.ofSeconds(20)).open();
    CompletableFuture<Lease> retried =
        pool.leaseAsync()
            .handle(
                (lease, failure) -> {
                  assertThat(failure).hasMessage("no memory");
                  return pool.lease();
                });
    CompletableFuture<Lease> second = pool.leaseAsync();
    bothWait.countDown();
    Lease innocent = second.get(10, TimeUnit.SECONDS);
    assertThat(retried).as("the only runner is lent").isNotDone();
    innocent.close();
    assertThat(of(retried.get(20, TimeUnit.SECONDS))).isSameAs(of(innocent));
  }

  @Test
  @Rule("C152")
  void a_waiter_is_told_though_the_machine_gives_no_more_threads() {
    Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    AtomicBoolean exhausted = new AtomicBoolean();
    Slots slots =
        slots(
            0,
            task -> {
              if (exhausted.get()) {
                throw new OutOfMemoryError("unable to create native thread");
              }
              tasks.add(task);
            });
    CompletableFuture<Lease> waiter = slots.lease("");
    exhausted.set(true);
    tasks.remove().run();
    assertThat(waiter).isCompleted();
    slots.close().forEach(Member::close);
  }

  @Test
  void where_one_is_idle_a_lease_is_there_at_once_and_takes_no_thread() {
    Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    Slots slots = slots(1, tasks::add);
    slots.warm();
    tasks.remove().run();
    assertThat(slots.lease("")).isCompleted();
    assertThat(tasks).isEmpty();
    slots.close().forEach(Member::close);
  }

  private Slots slots(int warm, Executor executor) {
    return new Slots(1, warm, 1, this::open, executor, () -> {});
  }

  @Test
  void a_principals_runner_serves_no_other() {
    pool = builder(2).warm(0).open();
    Lease ann = pool.lease("ann");
    Fake anns = of(ann);
    ann.close();
    Lease again = pool.lease("ann");
    assertThat(of(again)).isSameAs(anns);
    again.close();
    Lease bob = pool.lease("bob");
    Lease cy = pool.lease("cy");
    assertThat(of(bob)).isNotSameAs(anns);
    assertThat(of(cy)).isNotSameAs(anns).isNotSameAs(of(bob));
    assertThat(ended(anns)).as("ann's, in whose place another's is").isTrue();
    bob.close();
    cy.close();
    Lease nobody = pool.lease();
    assertThat(of(nobody)).isNotSameAs(of(bob)).isNotSameAs(of(cy));
    assertThatThrownBy(() -> pool.lease("")).hasMessageContaining("must not be empty");
  }

  @Test
  @Rule({"C154", "C176"})
  void one_whose_tools_still_run_is_replaced_and_ended_when_they_have_ended() {
    pool = builder(1).open();
    Lease first = pool.lease();
    Fake busy = of(first);
    busy.work = new CompletableFuture<>();
    first.close();
    Lease next = pool.lease();
    assertThat(of(next)).isNotSameAs(busy);
    assertThat(busy.ended).as("its session").hasValue(1);
    assertThat(busy.closed.getCount()).as("while its tools run").isEqualTo(1);
    assertThat(pool.status().retired()).isEqualTo(1);
    busy.work.complete(null);
    assertThat(ended(busy)).isTrue();
    assertThat(busy.renewed).hasValue(0);
  }

  @Test
  @Rule("C154")
  void one_whose_tools_take_a_moment_to_heed_the_end_of_their_session_is_lent_again() {
    pool = builder(1).open();
    Lease first = pool.lease();
    Fake busy = of(first);
    busy.work =
        new CompletableFuture<>() {
          @Override
          public Void get(long timeout, TimeUnit unit) {
            complete(null); // while the pool waits for it
            return join();
          }
        };
    first.close();
    assertThat(of(pool.lease())).isSameAs(busy);
    assertThat(busy.ended).hasValue(1);
    assertThat(busy.renewed).hasValue(1);
    assertThat(pool.status().retired()).isZero();
  }

  @Test
  void one_that_is_discarded_is_ended_at_once_whatever_its_tools_do() {
    pool = builder(1).open();
    Lease first = pool.lease();
    of(first).work = new CompletableFuture<>();
    first.discard();
    assertThat(ended(of(first))).isTrue();
    assertThat(of(pool.lease())).isNotSameAs(of(first));
  }

  @Test
  void one_whose_session_cannot_be_ended_is_ended_itself_whatever_its_tools_do() {
    pool = builder(1).open();
    Lease first = pool.lease();
    Fake stuck = of(first);
    stuck.work = new CompletableFuture<>();
    stuck.endFails = broken("stuck");
    first.close();
    assertThat(ended(stuck)).as("its code may go on").isTrue();
    assertThat(of(pool.lease())).isNotSameAs(stuck);
    assertThat(stuck.renewed).hasValue(0);
  }

  @Test
  void what_is_not_kept_warm_is_ended_after_a_while_and_the_rest_stays() {
    pool = builder(3).warm(1).idleTimeout(Duration.ofMillis(1)).open();
    Lease one = pool.lease();
    Lease two = pool.lease();
    Lease three = pool.lease();
    List<Fake> members = List.of(of(one), of(two), of(three));
    one.close();
    Awaitility.await().until(() -> pool.status().idle() == 1); // the one that is kept warm
    assertThat(members.get(0).closed.getCount()).isEqualTo(1);
    two.close();
    assertThat(ended(members.get(0))).isTrue();
    three.close();
    assertThat(ended(members.get(1))).isTrue();
    assertThat(members.get(2).closed.getCount()).isEqualTo(1);
    assertThat(of(pool.lease())).isSameAs(members.get(2));
  }

  @Test
  void more_than_may_wait_are_refused_with_the_numbers() {
    pool = builder(1).maxWaiting(2).open();
    pool.lease();
    CompletableFuture<Lease> second = pool.leaseAsync();
    pool.leaseAsync();
    assertThatThrownBy(() -> pool.leaseAsync())
        .isInstanceOfSatisfying(
            CallFailed.class,
            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED))
        .hasMessageContaining("2 wait for one of 1 runners");
    second.cancel(false);
    assertThat(pool.leaseAsync()).isNotDone();
  }

  @Test
  void whoever_waits_for_too_long_is_told_so_and_takes_nothing() {
    pool = builder(1).leaseTimeout(Duration.ofMillis(20)).open();
    Lease first = pool.lease();
    assertThatThrownBy(() -> pool.lease())
        .isInstanceOf(CallTimedOut.class)
        .hasMessageContaining("no session was free within PT0.02S");
    assertThat(pool.status().waiting()).isZero();
    first.close();
    assertThat(pool.leaseAsync().join()).isNotNull();
  }

  /** Threads that lease, cancel, discard and fail at random: nobody is stranded, nothing shared. */
  @Test
  @Rule({"C145", "C152", "C155"})
  void whatever_fails_nobody_is_stranded_and_no_member_is_lent_twice() throws Exception {
    Random openings = new Random(7);
    openFails =
        () -> {
          synchronized (openings) {
            return openings.nextInt(10) == 0 ? broken("at random") : null;
          }
        };
    pool = builder(3).warm(0).open();
    ExecutorService threads = Executors.newFixedThreadPool(6);
    List<Future<Integer>> users = new ArrayList<>();
    for (int user = 0; user < 6; user++) {
      int seed = user;
      users.add(threads.submit(() -> uses(new Random(seed))));
    }
    threads.shutdown();
    int served = 0;
    for (Future<Integer> user : users) {
      served += user.get(25, TimeUnit.SECONDS);
    }
    assertThat(served).isPositive();
    assertThat(pool.status().waiting()).isZero();
    // One that was lent to whoever had cancelled comes back by itself.
    Awaitility.await().until(() -> pool.status().leased() == 0);
    openFails = () -> null;
    assertThat(pool.lease()).isNotNull();
  }

  private int uses(Random random) {
    int served = 0;
    for (int turn = 0; turn < 400; turn++) {
      CompletableFuture<Lease> asked =
          random.nextBoolean() ? pool.leaseAsync() : pool.leaseAsync("p" + random.nextInt(3));
      if (random.nextInt(5) == 0 && asked.cancel(false)) {
        continue;
      }
      try {
        Lease lease = asked.join();
        Fake member = of(lease);
        assertThat(member.lent.compareAndSet(false, true)).as("lent once").isTrue();
        assertThat(member.closed.getCount()).as("lent alive").isEqualTo(1);
        member.renewFails = random.nextInt(8) == 0 ? broken("at random") : null;
        member.dead = random.nextInt(20) == 0;
        member.lent.set(false);
        served++;
        if (random.nextInt(10) == 0) {
          lease.discard();
        } else {
          lease.close();
        }
      } catch (CompletionException failed) {
        assertThat(failed).hasRootCauseMessage("at random");
      }
    }
    return served;
  }
}
