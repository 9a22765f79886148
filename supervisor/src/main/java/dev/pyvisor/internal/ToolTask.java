package dev.pyvisor.internal;

import dev.pyvisor.Session;
import dev.pyvisor.tool.ToolCall;
import dev.pyvisor.tool.ToolContext;
import dev.pyvisor.tool.ToolEvent;
import dev.pyvisor.tool.ToolRegistry;
import dev.pyvisor.wire.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * A tool call on its way through a tool thread, and the context that the tool sees.
 *
 * <p>Guarded by this.
 */
final class ToolTask implements ToolRunner.Run, ToolContext {
  private final SessionCore session;
  private final Message call;
  private final String id;
  private final ToolRegistry registry;
  private final ToolRunner.Progress progress;
  private final List<Runnable> onCancel = new ArrayList<>();
  private @Nullable Future<?> future;
  private @Nullable ToolEvent event;
  private boolean cancelled;

  ToolTask(
      SessionCore session,
      Message call,
      String id,
      ToolRegistry registry,
      ToolRunner.Progress progress) {
    this.session = session;
    this.call = call;
    this.id = id;
    this.registry = registry;
    this.progress = progress;
  }

  /** Where the task is queued. Cancelled before it was known: it is taken back now. */
  void future(Future<?> queued) {
    synchronized (this) {
      future = queued;
      if (!cancelled) {
        return;
      }
    }
    queued.cancel(true);
  }

  void run() {
    try {
      ToolCall.Answer answer =
          new ToolCall(id, call.envelope(), call.attachments()).run(registry, this::begin);
      ToolEvent last = begun();
      if (last != null) {
        progress.finished(answer.failure() == null ? last : last.failed(answer.failure()));
      }
      progress.answer(answer.envelope(), answer.attachments());
    } catch (InterruptedException over) {
      // The call is cancelled: nobody waits for its answer. The pool's thread takes the next.
    }
  }

  private ToolContext begin(String name) {
    ToolEvent started = new ToolEvent(name, id, call.cell(), Optional.empty());
    synchronized (this) {
      event = started;
    }
    try {
      progress.started(started);
    } catch (InterruptedException over) {
      Thread.currentThread().interrupt(); // the tool finds itself interrupted
    }
    return this;
  }

  private synchronized @Nullable ToolEvent begun() {
    return event;
  }

  @Override
  public void cancel() {
    Future<?> running;
    List<Runnable> actions;
    synchronized (this) {
      if (cancelled) {
        return;
      }
      cancelled = true;
      running = future;
      actions = List.copyOf(onCancel);
      onCancel.clear();
    }
    if (running != null) {
      running.cancel(true);
    }
    actions.forEach(action -> UserCode.run("the cancel of a tool", action));
  }

  @Override
  public Session session() {
    return session.facade();
  }

  @Override
  public int cell() {
    return call.cell();
  }

  @Override
  public Optional<Duration> remaining() {
    return Optional.empty();
  }

  @Override
  public synchronized boolean cancelled() {
    return cancelled;
  }

  @Override
  public void onCancel(Runnable action) {
    synchronized (this) {
      if (!cancelled) {
        onCancel.add(action);
        return;
      }
    }
    UserCode.run("the cancel of a tool", action);
  }

  @Override
  public void progress(String message) {
    ToolEvent now = begun();
    if (now == null) {
      return;
    }
    try {
      progress.progress(now, message);
    } catch (InterruptedException over) {
      Thread.currentThread().interrupt();
    }
  }
}
