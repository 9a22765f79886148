package dev.pyvisor.pool;

import dev.pyvisor.Defaults;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.error.CallCancelled;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.RunnerException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Runners that are started before they are needed. Each lease is one session of one runner, and
 * nobody else's: it is given back by closing it, and a new session takes its place. Who comes first
 * is served first.
 *
 * <p>A principal's runner serves that principal only: whoever leases with another name gets another
 * runner, and none that the code of somebody else has run in. Leases without a name share theirs.
 *
 * <p>Where a runner cannot be had, whoever is first in the line hears why, and the next one tries
 * again: a failure strands nobody and takes no place for good.
 *
 * <p>Thread-safe: every method may be called from any thread.
 */
public final class SessionPool implements AutoCloseable {
  private static final String NOBODY = "";
  private static final AtomicInteger POOLS = new AtomicInteger();

  private final Slots slots;
  private final ExecutorService workers;
  private final ScheduledThreadPoolExecutor clock;
  private final Ending ending = new Ending();
  private final Reaper reaper;
  private final Duration patience;

  private SessionPool(Builder builder) {
    ThreadFactory threads = threads(POOLS.incrementAndGet());
    workers = Executors.newCachedThreadPool(threads);
    clock = new ScheduledThreadPoolExecutor(1, threads);
    clock.setRemoveOnCancelPolicy(true);
    patience = builder.leaseTimeout;
    reaper = new Reaper(builder.idleTimeout, clock);
    slots =
        new Slots(
            builder.size, builder.warm, builder.maxWaiting, builder.opener, workers, this::idle);
  }

  private void idle() {
    reaper.watch(slots);
  }

  private static ThreadFactory threads(int pool) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, "pyvisor-pool-" + pool + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /**
   * A pool of what {@code opener} opens: {@code () -> SupervisorClient.builder()...open()}, called
   * from several threads at once.
   */
  public static Builder of(Supplier<SupervisorClient> opener) {
    return new Builder(() -> member(opener.get()));
  }

  private static Member member(SupervisorClient client) {
    if (!client.ownsWorkspaces()) {
      client.close();
      throw new CallFailed(
          "pool",
          ErrorCode.INVALID_ARGUMENT,
          "runners of a pool need workspaces of their own; take builder.workspace(...) away, and put"
              + " files with session.files()");
    }
    return new ClientMember(client);
  }

  /**
   * Waits for a session, at most for the pool's lease time-out.
   *
   * @throws CallTimedOut when none is free by then
   * @throws CallFailed {@code RESOURCE_EXHAUSTED} when too many wait, {@code DRAINING} when the
   *     pool is closed
   * @throws RunnerException why no runner could be started
   */
  public Lease lease() {
    return await(leaseAsync(), patience);
  }

  /** The same on a runner that has served nobody but this principal. */
  public Lease lease(String principal) {
    return await(leaseAsync(principal), patience);
  }

  /**
   * A lease when one is free, without waiting. Cancelling it gives up the place in the line. What
   * hangs on it when it comes runs on a thread of the pool that does nothing else meanwhile, so it
   * may block.
   *
   * @throws CallFailed as {@link #lease()} does
   */
  public CompletableFuture<Lease> leaseAsync() {
    return slots.lease(NOBODY);
  }

  /** The same on a runner that has served nobody but this principal. */
  public CompletableFuture<Lease> leaseAsync(String principal) {
    if (principal.isEmpty()) {
      throw new IllegalArgumentException("the principal must not be empty; use leaseAsync()");
    }
    return slots.lease(principal);
  }

  private Lease await(CompletableFuture<Lease> asked, Duration limit) {
    try {
      return asked.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException late) {
      if (asked.cancel(false)) {
        throw new CallTimedOut(
            "pool", Delivery.NEVER_SENT, "no session was free within " + limit + ": " + status());
      }
      return came(asked);
    } catch (InterruptedException interrupted) {
      if (!asked.cancel(false) && !asked.isCompletedExceptionally()) {
        asked.join().close();
      }
      Thread.currentThread().interrupt();
      throw new CallCancelled("pool", Delivery.NEVER_SENT, "waiting for a lease was interrupted");
    } catch (ExecutionException failure) {
      throw told(failure.getCause());
    }
  }

  private static Lease came(CompletableFuture<Lease> asked) {
    try {
      return asked.join();
    } catch (CompletionException | CancellationException failure) {
      throw told(failure.getCause());
    }
  }

  private static RuntimeException told(Throwable why) {
    if (why instanceof RunnerException known) {
      return known.as(known.delivery());
    }
    return new IllegalStateException("no runner could be opened: " + why, why);
  }

  /** What its members do, at this moment. */
  public PoolStatus status() {
    return slots.status();
  }

  /**
   * Ends all runners, leased ones too, at once; who waits hears that the pool is closed. Each is
   * ended though another fails. Closing again does nothing but wait for that, at most twice {@link
   * Defaults#CLOSE_LIMIT}; it returns at once where a runner's end calls it.
   */
  @Override
  public void close() {
    if (!ending.begin()) {
      ending.await();
      return;
    }
    clock.shutdownNow();
    try {
      ending.end(slots.close(), workers);
    } finally {
      workers.shutdown();
      ending.over();
    }
  }

  /**
   * Says how large a pool is, and how patient.
   *
   * <p>Confined to the calling thread.
   */
  public static final class Builder {
    private final Supplier<? extends Member> opener;
    private int size = Defaults.POOL_SIZE;
    private int warm = -1;
    private int maxWaiting = Defaults.POOL_WAITING;
    private Duration leaseTimeout = Defaults.POOL_LEASE_TIMEOUT;
    private Duration idleTimeout = Defaults.POOL_IDLE_TIMEOUT;

    Builder(Supplier<? extends Member> opener) {
      this.opener = opener;
    }

    /** How many runners there may be. Default: 4. */
    public Builder size(int runners) {
      size = atLeast(1, runners, "size");
      return this;
    }

    /**
     * How many runners are started by {@link #open}, kept however long they are idle, and replaced
     * where they are lost. Default: all.
     */
    public Builder warm(int runners) {
      warm = atLeast(0, runners, "warm");
      return this;
    }

    /** How many may wait for a lease; more are refused. Default: 1,000. */
    public Builder maxWaiting(int waiters) {
      maxWaiting = atLeast(1, waiters, "maxWaiting");
      return this;
    }

    /** How long {@link SessionPool#lease()} waits. Default: 30 s. */
    public Builder leaseTimeout(Duration limit) {
      leaseTimeout = positive(limit, "leaseTimeout");
      return this;
    }

    /**
     * How long a runner that is not kept warm may be idle before it is ended. Default: 5 minutes.
     */
    public Builder idleTimeout(Duration limit) {
      idleTimeout = positive(limit, "idleTimeout");
      return this;
    }

    private static int atLeast(int least, int given, String what) {
      if (given < least) {
        throw new IllegalArgumentException(what + " must be at least " + least + ", not " + given);
      }
      return given;
    }

    private static Duration positive(Duration given, String what) {
      if (given.isNegative() || given.isZero()) {
        throw new IllegalArgumentException(what + " must be above zero, not " + given);
      }
      return given;
    }

    /**
     * Starts the warm runners, all at once, and waits for them. Where one fails, the others are
     * ended.
     *
     * @throws IllegalArgumentException when more are to be warm than there may be
     * @throws RunnerException why one could not be started
     */
    public SessionPool open() {
      if (warm > size) {
        throw new IllegalArgumentException(
            "warm is " + warm + ", more than the size of the pool, " + size);
      }
      warm = warm < 0 ? size : warm;
      SessionPool pool = new SessionPool(this);
      try {
        pool.slots.warm().join();
        return pool;
      } catch (CompletionException failure) {
        pool.close();
        throw told(failure.getCause());
      }
    }
  }
}
