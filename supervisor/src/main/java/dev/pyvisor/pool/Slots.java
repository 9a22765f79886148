package dev.pyvisor.pool;

import dev.pyvisor.Defaults;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who has which member, and who waits for one. What takes time is done by the executor, and comes
 * back here; whatever fails there, its place is free again and the next in line is told.
 *
 * <p>Guarded by this; waiters are completed and members touched without the lock. What hangs on a
 * waiter's lease is the user's code, which may block: it has a thread of the executor to itself, so
 * that nothing here stands behind it.
 */
final class Slots {
  private static final Logger LOG = LoggerFactory.getLogger(Slots.class);
  private static final CompletableFuture<Void> NOW = CompletableFuture.completedFuture(null);

  private final Supplier<? extends Member> opener;
  private final Executor executor;
  private final int mostWaiting;
  private final int warm;
  private final Runnable onIdle;
  private final List<Slot> slots = new ArrayList<>();
  private final Deque<Waiter> waiting = new ArrayDeque<>();
  private final Set<Member> retired = new HashSet<>();
  private final Deque<Runnable> outside = new ArrayDeque<>(); // to be done without the lock
  private boolean closed;
  private long turns;

  /**
   * @param warm how many members are started again where one was lost, though nobody waits
   * @param onIdle called, without the lock, when a member has become idle
   */
  Slots(
      int size,
      int warm,
      int mostWaiting,
      Supplier<? extends Member> opener,
      Executor executor,
      Runnable onIdle) {
    this.opener = opener;
    this.executor = executor;
    this.warm = warm;
    this.mostWaiting = mostWaiting;
    this.onIdle = onIdle;
    for (int index = 0; index < size; index++) {
      slots.add(new Slot());
    }
  }

  /** Starts as many members; completes when all are there, or with the first failure. */
  CompletableFuture<Void> warm() {
    List<CompletableFuture<Void>> starts = new ArrayList<>();
    locked(
        () ->
            slots.stream()
                .filter(slot -> slot.state == Slot.State.EMPTY)
                .limit(warm)
                .forEach(
                    slot -> {
                      CompletableFuture<Void> start = new CompletableFuture<>();
                      starts.add(start);
                      open(slot, start);
                    }));
    return CompletableFuture.allOf(starts.toArray(CompletableFuture[]::new));
  }

  /**
   * A lease, now or when one is free, in the order of asking. Cancelling what is returned takes
   * nothing from those behind.
   *
   * @throws CallFailed when the pool is closed, or too many wait
   */
  CompletableFuture<Lease> lease(String principal) {
    Waiter waiter = new Waiter(principal);
    locked(
        () -> {
          requireOpen();
          waiting.removeIf(other -> other.lease.isDone());
          if (waiting.size() >= mostWaiting) {
            throw new CallFailed(
                "pool",
                ErrorCode.RESOURCE_EXHAUSTED,
                waiting.size()
                    + " wait for one of "
                    + slots.size()
                    + " runners, which is the limit; come again later, or make the pool larger");
          }
          waiting.add(waiter);
          dispatch();
          waiter.shown = true;
        });
    return waiter.lease;
  }

  private void requireOpen() {
    if (closed) {
      throw closing();
    }
  }

  private static CallFailed closing() {
    return new CallFailed("pool", ErrorCode.DRAINING, "the pool is closed");
  }

  void giveBack(Lease lease, Slot slot, boolean discard) {
    locked(
        () -> {
          if (slot.lease != lease) {
            return; // given back before, or closed with the pool
          }
          slot.lease = null;
          clean(slot, discard);
        });
  }

  PoolStatus status() {
    synchronized (this) {
      return new PoolStatus(
          slots.size(),
          count(Slot.State.IDLE),
          count(Slot.State.LEASED),
          count(Slot.State.BUSY),
          (int) waiting.stream().filter(waiter -> !waiter.lease.isDone()).count(),
          retired.size());
    }
  }

  /** Ends members that have been idle since before a moment, apart from those kept warm. */
  void reap(long before) {
    locked(
        () ->
            spare()
                .filter(slot -> slot.idleSince - before <= 0)
                .toList()
                .forEach(slot -> retire(slot, NOW)));
  }

  /** When the first of those that are not kept warm became idle; empty where there are none. */
  synchronized Optional<Long> idleSince() {
    return spare().min(Comparator.comparingLong(slot -> slot.turn)).map(slot -> slot.idleSince);
  }

  /** Nothing is lent any more; returns what is to be closed. Who waits is told. */
  List<Member> close() {
    List<Member> members = new ArrayList<>();
    locked(
        () -> {
          closed = true;
          waiting.forEach(waiter -> fail(waiter, closing()));
          waiting.clear();
          for (Slot slot : slots) {
            if (slot.member != null) {
              members.add(slot.member);
            }
            slot.member = null;
            slot.lease = null;
            slot.state = Slot.State.EMPTY;
          }
          members.addAll(retired);
          retired.clear();
        });
    return members;
  }

  // ---- with the lock ----

  /** Idle ones beyond those that are kept warm, which are the last to have become idle. */
  private Stream<Slot> spare() {
    return slots.stream()
        .filter(slot -> slot.state == Slot.State.IDLE)
        .sorted(Comparator.comparingLong((Slot slot) -> slot.turn).reversed())
        .skip(warm);
  }

  private int count(Slot.State state) {
    return (int) slots.stream().filter(slot -> slot.state == state).count();
  }

  /** Serves the line: first with who is idle, then by starting as many as there is need for. */
  private void dispatch() {
    while (!closed) {
      waiting.removeIf(waiter -> waiter.lease.isDone());
      Waiter first = waiting.peek();
      Slot slot = first == null ? null : idleFor(first.principal);
      if (first == null || slot == null) {
        break;
      }
      waiting.remove();
      lend(slot, first);
    }
    if (closed) {
      return;
    }
    int unserved = waiting.size() - count(Slot.State.BUSY);
    for (Slot slot : slots) {
      if (unserved > 0 && slot.state == Slot.State.EMPTY) {
        open(slot, null);
        unserved--;
      }
    }
    for (Slot slot : slots) {
      if (unserved > 0 && slot.state == Slot.State.IDLE) {
        retire(slot, NOW); // it has served another principal than the first in the line
        open(slot, null);
        unserved--;
      }
    }
  }

  /** The one that has waited longest: of that principal's, else of nobody's. */
  private @Nullable Slot idleFor(String principal) {
    return slots.stream()
        .filter(slot -> slot.state == Slot.State.IDLE)
        .filter(slot -> slot.served == null || slot.served.equals(principal))
        .min(
            Comparator.comparing((Slot slot) -> slot.served == null)
                .thenComparingLong(slot -> slot.turn))
        .orElse(null);
  }

  private void lend(Slot slot, Waiter waiter) {
    Member member = slot.member;
    if (member == null || !member.usable()) {
      waiting.addFirst(waiter);
      retire(slot, NOW);
      return;
    }
    Lease lease = new Lease(this, slot, member);
    String before = slot.served;
    slot.state = Slot.State.LEASED;
    slot.lease = lease;
    slot.served = waiter.principal;
    tell(
        waiter,
        () -> {
          if (!waiter.lease.complete(lease)) {
            locked(
                () -> { // cancelled meanwhile: it is as it was
                  if (slot.lease == lease) {
                    slot.lease = null;
                    slot.served = before;
                    idle(slot);
                  }
                });
          }
        });
  }

  private void idle(Slot slot) {
    slot.state = Slot.State.IDLE;
    slot.idleSince = System.nanoTime();
    slot.turn = ++turns;
    outside.add(onIdle);
    dispatch();
  }

  private void open(Slot slot, @Nullable CompletableFuture<Void> start) {
    slot.state = Slot.State.BUSY;
    slot.served = null;
    run(
        () -> {
          try {
            Member opened = opener.get();
            boolean kept = entered(slot, opened);
            if (!kept) {
              opened.close();
            }
            complete(start, kept ? null : closing());
          } catch (RuntimeException | Error problem) {
            failed(slot, problem);
            complete(start, problem);
          }
        });
  }

  private static void complete(@Nullable CompletableFuture<Void> start, @Nullable Throwable why) {
    if (start != null && why == null) {
      start.complete(null);
    } else if (start != null) {
      start.completeExceptionally(why);
    }
  }

  private boolean entered(Slot slot, Member opened) {
    boolean[] kept = {false};
    locked(
        () -> {
          if (!closed) {
            kept[0] = true;
            slot.member = opened;
            idle(slot);
          }
        });
    return kept[0];
  }

  /** No member came of it: who is first in the line hears why, and the next one tries again. */
  private void failed(Slot slot, Throwable why) {
    locked(
        () -> {
          slot.state = Slot.State.EMPTY;
          slot.member = null;
          Waiter first = waiting.poll();
          if (first != null) {
            fail(first, why);
          }
          dispatch();
        });
  }

  private void fail(Waiter waiter, Throwable why) {
    tell(waiter, () -> waiter.lease.completeExceptionally(why));
  }

  private void tell(Waiter waiter, Runnable completion) {
    if (!waiter.shown) {
      outside.add(completion); // the lease is there when the user gets it
      return;
    }
    outside.add(
        () -> {
          try {
            executor.execute(completion);
          } catch (RejectedExecutionException | OutOfMemoryError noThread) {
            // The pool was closed meanwhile, or the machine gives no more threads.
            completion.run();
          }
        });
  }

  private void clean(Slot slot, boolean discard) {
    Member member = slot.member;
    slot.state = Slot.State.BUSY;
    if (member == null) {
      return; // the pool was closed
    }
    run(
        () -> {
          if (discard || !member.usable()) {
            locked(() -> replace(slot, member, NOW));
          } else {
            renew(slot, member);
          }
        });
  }

  /** On a thread of the executor: whatever fails, its place is not busy for ever. */
  private void renew(Slot slot, Member member) {
    try {
      CompletableFuture<Void> tools = member.end();
      if (!heeded(tools)) {
        locked(() -> replace(slot, member, tools));
        return;
      }
      member.renew();
    } catch (RuntimeException | Error problem) {
      locked(
          () -> {
            if (!closed) { // then that is why
              outside.add(() -> LOG.warn("{} makes no new session any more", member, problem));
            }
            replace(slot, member, NOW);
          });
      return;
    }
    locked(
        () -> {
          if (slot.member == member) {
            idle(slot);
          }
        });
  }

  /** Whether they end within the moment that they may take to heed their interrupt. */
  private static boolean heeded(CompletableFuture<Void> tools) {
    try {
      tools.get(Defaults.TOOL_INTERRUPT_GRACE.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException heedless) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** Retires a member that cannot be lent again; another comes where it is wanted. */
  private void replace(Slot slot, Member lost, CompletableFuture<Void> when) {
    if (closed || slot.member != lost) {
      return;
    }
    retire(slot, when);
    if (slots.size() - count(Slot.State.EMPTY) < warm) {
      open(slot, null);
    }
    dispatch();
  }

  /** Takes a member out of its place, to be closed at that moment. */
  private void retire(Slot slot, CompletableFuture<Void> when) {
    Member member = slot.member;
    if (member == null) {
      return;
    }
    slot.member = null;
    slot.state = Slot.State.EMPTY;
    retired.add(member);
    outside.add(() -> when.whenCompleteAsync((done, failure) -> bury(member), executor));
  }

  private void bury(Member member) {
    boolean ours;
    synchronized (this) {
      ours = retired.remove(member);
    }
    if (ours) {
      member.close();
    }
  }

  private void run(Runnable task) {
    outside.add(
        () -> {
          try {
            executor.execute(task);
          } catch (RejectedExecutionException ending) {
            // The pool was closed meanwhile: who waited has been told.
          }
        });
  }

  // ---- the lock ----

  /** Does something with the lock, and then, without it, what came of that. */
  private void locked(Runnable change) {
    List<Runnable> then = new ArrayList<>();
    try {
      synchronized (this) {
        try {
          change.run();
        } finally {
          then.addAll(outside);
          outside.clear();
        }
      }
    } finally {
      then.forEach(Runnable::run);
    }
  }
}
