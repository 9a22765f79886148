package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.HostSide;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.pool.Lease;
import dev.pyvisor.pool.SessionPool;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Runners of a pool that do not start, that die, that come too late: nobody waits for them. */
@Needs(Capability.SESSIONS)
@HostSide
public interface PoolFailureContract extends RunnerContract {

  /** Each waits until the other is being started, too. */
  @Test
  @Rule({"C142", "C150"})
  default void a_pool_starts_its_runners_at_once_and_lends_none_when_it_is_closed() {
    CyclicBarrier together = new CyclicBarrier(2);
    SessionPool pool =
        SessionPool.of(
                () -> {
                  meet(together);
                  return open();
                })
            .size(2)
            .open();
    try (pool) {
      assertThat(pool.status().idle()).isEqualTo(2);
    }
    assertThatThrownBy(pool::lease).hasMessageContaining("the pool is closed");
    assertThatThrownBy(() -> pool.leaseAsync().join()).hasMessageContaining("the pool is closed");
  }

  private static void meet(CyclicBarrier together) {
    try {
      together.await(15, TimeUnit.SECONDS);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException alone) {
      throw new IllegalStateException("they are started one after the other", alone);
    }
  }

  @Test
  @Rule("C143")
  default void where_one_cannot_be_started_those_that_were_are_ended() {
    List<SupervisorClient> clients = new CopyOnWriteArrayList<>();
    AtomicInteger starts = new AtomicInteger();
    SessionPool.Builder failing =
        SessionPool.of(
                () -> {
                  if (starts.incrementAndGet() == 2) {
                    throw new IllegalStateException("no room for another");
                  }
                  SupervisorClient opened = open();
                  clients.add(opened);
                  return opened;
                })
            .size(3);
    assertThatThrownBy(failing::open).hasMessageContaining("no room for another");
    await().until(() -> clients.stream().allMatch(client -> client.exited().isDone()));
  }

  @Test
  @Rule({"C151", "C152"})
  default void
      a_runner_that_dies_while_it_is_lent_is_replaced_though_the_next_one_cannot_be_started()
          throws Exception {
    List<SupervisorClient> clients = new CopyOnWriteArrayList<>();
    AtomicInteger starts = new AtomicInteger();
    SessionPool.Builder builder =
        SessionPool.of(
                () -> {
                  if (starts.incrementAndGet() == 2) {
                    throw new IllegalStateException("no room just now");
                  }
                  SupervisorClient opened = OpenClients.open(client().restart(false));
                  clients.add(opened);
                  return opened;
                })
            .size(1);
    try (SessionPool pool = builder.open()) {
      CompletableFuture<Lease> waits;
      try (Lease lease = pool.lease()) {
        waits = pool.leaseAsync();
        SupervisorClient lent = clients.get(0);
        Processes.kill(lent.runner().pid());
        lent.exited().get(10, TimeUnit.SECONDS);
        assertThat(lease.session().execute("1").ok()).isFalse();
      }
      assertThatThrownBy(() -> waits.get(15, TimeUnit.SECONDS))
          .as("who waits first hears why")
          .hasMessageContaining("no room just now");
      try (Lease next = pool.lease()) {
        assertThat(next.session().execute("print(1)").stdoutText()).isEqualTo("1\n");
      }
      assertThat(clients).hasSize(2);
      assertThat(pool.status().waiting()).isZero();
    }
  }

  @Test
  @Rule({"C146", "C155"})
  default void a_waiter_that_is_cancelled_takes_nothing_from_those_behind() throws Exception {
    try (SessionPool pool = SessionPool.of(this::open).size(1).open()) {
      CompletableFuture<Lease> second;
      try (Lease first = pool.lease()) {
        CompletableFuture<Lease> cancelled = pool.leaseAsync();
        second = pool.leaseAsync();
        assertThat(cancelled.cancel(true)).isTrue();
        assertThat(first.session().execute("print(1)").ok()).isTrue();
        assertThat(second).isNotDone();
      }
      try (Lease next = second.get(15, TimeUnit.SECONDS)) {
        assertThat(next.session().execute("print(2)").stdoutText()).isEqualTo("2\n");
      }
    }
  }

  @Test
  @Rule("C149")
  default void a_runner_that_is_being_started_when_the_pool_is_closed_is_ended_when_it_is_there()
      throws Exception {
    CountDownLatch starting = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    CompletableFuture<SupervisorClient> late = new CompletableFuture<>();
    SessionPool pool =
        SessionPool.of(
                () -> {
                  starting.countDown();
                  awaitUninterruptibly(closed);
                  SupervisorClient opened = open();
                  late.complete(opened);
                  return opened;
                })
            .size(1)
            .warm(0)
            .open();
    CompletableFuture<Lease> waits;
    try (pool) {
      waits = pool.leaseAsync();
      assertThat(starting.await(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThatThrownBy(() -> waits.get(10, TimeUnit.SECONDS))
        .hasMessageContaining("the pool is closed");
    closed.countDown();
    Session never = late.get(15, TimeUnit.SECONDS).session();
    late.join().exited().get(15, TimeUnit.SECONDS);
    assertThat(never.execute("1").ok()).isFalse();
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    while (true) {
      try {
        latch.await();
        return;
      } catch (InterruptedException closing) {
        // The pool asks for its end; a start that heeds nothing is the case.
      }
    }
  }
}
