package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.Session;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.tool.ToolCall;
import dev.pyvisor.tool.ToolContext;
import dev.pyvisor.tool.ToolEvent;
import dev.pyvisor.tool.ToolPool;
import dev.pyvisor.tool.ToolRegistry;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One tool call on its way through a tool thread, and what the tool sees of it.
 *
 * <p>Guarded by this.
 */
final class ToolRun implements ToolRunner.Run, ToolContext {
  /**
   * The session whose tool the current thread runs: how a tool that calls its own session back is
   * noticed.
   */
  private static final ThreadLocal<@Nullable SessionCore> CALLER = new ThreadLocal<>();

  private final SessionCore session;
  private final Message call;
  private final String id;
  private final ToolRunner.Progress progress;
  private final ToolPool pool;
  private final List<Runnable> onCancel = new ArrayList<>();
  private @Nullable Future<?> task;
  private @Nullable ToolEvent event;
  private boolean cancelled;
  private boolean over;
  private Timer.@Nullable Alarm heedBy;
  private boolean givenUp;

  ToolRun(
      SessionCore session, Message call, String id, ToolRunner.Progress progress, ToolPool pool) {
    this.session = session;
    this.call = call;
    this.id = id;
    this.progress = progress;
    this.pool = pool;
  }

  /** Whether this thread runs a tool that this session called. */
  static boolean runsHere(SessionLife session) {
    SessionCore caller = CALLER.get();
    return caller != null && caller.life() == session;
  }

  void start(ToolRegistry registry) {
    try {
      Future<?> started = pool.submit(() -> run(registry), this::refused);
      synchronized (this) {
        task = started;
      }
    } catch (RejectedExecutionException closed) {
      // The client is closing, and with it every call.
      synchronized (this) {
        cancelled = true;
      }
    }
  }

  private void refused(ToolPool.Exhausted why) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("limit", why.limit()).put("current", why.current()).put("max", why.max());
    progress.refused(JsonRpc.error(id, ErrorCode.RESOURCE_EXHAUSTED, why.text(), data));
  }

  // ---- on a tool thread ----

  private void run(ToolRegistry registry) {
    CALLER.set(session);
    session.life().hostWork().begin();
    try {
      ToolCall.Answer answer =
          new ToolCall(id, call.envelope(), call.attachments(), session.link().scratch())
              .run(registry, this::begin);
      if (!cancelled()) {
        // An interrupt that the tool gave itself must not cost it its answer.
        Thread.interrupted();
      }
      finish(answer);
      progress.answer(answer.envelope(), answer.attachments());
    } finally {
      CALLER.remove();
      end();
      session.life().hostWork().end();
    }
  }

  private synchronized void end() {
    over = true;
    if (heedBy != null) {
      heedBy.cancel();
    }
    if (givenUp) {
      counters().leakedToolThreads.decrement();
    }
  }

  private synchronized boolean running() {
    return !over;
  }

  private ToolContext begin(String name) {
    ToolEvent begun = new ToolEvent(name, id, call.cell(), Optional.empty());
    synchronized (this) {
      event = begun;
    }
    tell(() -> progress.started(begun));
    return this;
  }

  private void finish(ToolCall.Answer answer) {
    ToolEvent begun = begun();
    if (begun != null) {
      String failure = answer.failure();
      ToolEvent finished = failure == null ? begun : begun.failed(failure);
      tell(() -> progress.finished(finished));
    } else {
      session.link().trace().cells().toolRefused(session, call, answer.envelope());
    }
  }

  /**
   * Something that waits for a slow listener.
   *
   * <p>Thread-safe: called from one thread.
   */
  private interface Telling {
    void tell() throws InterruptedException;
  }

  private static void tell(Telling telling) {
    try {
      telling.tell();
    } catch (InterruptedException cancelled) {
      // The tool itself must see that it is cancelled.
      Thread.currentThread().interrupt();
    }
  }

  private synchronized @Nullable ToolEvent begun() {
    return event;
  }

  // ---- the end of the call ----

  @Override
  public void cancel() {
    List<Runnable> actions;
    Future<?> running;
    synchronized (this) {
      if (cancelled) {
        return;
      }
      cancelled = true;
      actions = List.copyOf(onCancel);
      onCancel.clear();
      running = task;
    }
    if (running != null) {
      pool.cancel(running);
      awaitHeed(running);
    }
    actions.forEach(action -> UserCode.run("the cancel of a tool", action));
  }

  private synchronized void awaitHeed(Future<?> running) {
    if (!over) {
      heedBy = session.link().timer().after(Defaults.TOOL_INTERRUPT_GRACE, () -> giveUp(running));
    }
  }

  /** Its thread has not heeded the interrupt: another may run in its place. */
  private void giveUp(Future<?> running) {
    if (!pool.giveUp(running)) {
      return;
    }
    synchronized (this) {
      if (!over) {
        givenUp = true;
        counters().leakedToolThreads.increment();
      }
    }
  }

  private Counters counters() {
    return session.link().counters();
  }

  // ---- what the tool sees ----

  @Override
  public Session session() {
    return session.life().facade(this::running);
  }

  @Override
  public int cell() {
    return call.cell();
  }

  @Override
  public Optional<Duration> remaining() {
    return progress.remaining();
  }

  /** The thread hears of it a moment after the call is over. */
  @Override
  public boolean cancelled() {
    synchronized (this) {
      if (cancelled) {
        return true;
      }
    }
    return progress.isOver();
  }

  @Override
  public void onCancel(Runnable action) {
    synchronized (this) {
      if (!cancelled) {
        onCancel.add(action);
        return;
      }
    }
    action.run();
  }

  @Override
  public void progress(String message) {
    ToolEvent begun = begun();
    if (begun != null) {
      tell(() -> progress.progress(begun, message));
    }
  }
}
