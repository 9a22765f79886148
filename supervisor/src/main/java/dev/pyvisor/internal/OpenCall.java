package dev.pyvisor.internal;

import dev.pyvisor.tool.ToolEvent;
import dev.pyvisor.wire.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tool call that has no answer yet.
 *
 * <p>Guarded by this.
 */
final class OpenCall implements ToolRunner.Progress {
  final Object key;
  final String id;
  private final ToolDesk desk;
  private final Message message;
  private final @Nullable CellOperation listeningCell;
  private ToolRunner.@Nullable Run run;
  private @Nullable ToolEvent begun;
  private @Nullable Thread waiting;
  private boolean cancelled;
  private boolean told;

  OpenCall(
      ToolDesk desk,
      Object key,
      Message message,
      String id,
      @Nullable CellOperation listeningCell) {
    this.desk = desk;
    this.key = key;
    this.message = message;
    this.id = id;
    this.listeningCell = listeningCell;
  }

  Message message() {
    return message;
  }

  int cell() {
    return message.cell();
  }

  long size() {
    return message.payload();
  }

  void start(ToolRunner runner) {
    ToolRunner.Run started = runner.run(desk.session(), message, id, this);
    synchronized (this) {
      run = started;
      if (!cancelled) {
        return;
      }
    }
    desk.session().link().offReader(started::cancel);
  }

  /** The call is over before its answer. Any thread; user code that hears of it runs elsewhere. */
  void cancel() {
    ToolRunner.Run running;
    ToolEvent last = null;
    synchronized (this) {
      cancelled = true;
      running = run;
      if (waiting != null) {
        waiting.interrupt();
      }
      if (begun != null && !told) {
        told = true;
        last = begun.failed("cancelled");
      }
    }
    if (last != null) {
      desk.tellNow(listeningCell, last);
    }
    if (running != null) {
      desk.session().link().offReader(running::cancel);
    }
  }

  /** Waits for room for the answer; false when the call is over. */
  boolean waitForRoom(ByteBudget room, long bytes) {
    synchronized (this) {
      if (cancelled) {
        return false;
      }
      waiting = Thread.currentThread();
    }
    try {
      room.reserve(bytes);
      return true;
    } catch (InterruptedException over) {
      return false;
    } finally {
      synchronized (this) {
        waiting = null;
        // The interrupt was for this wait; the thread goes back to its pool without it.
        if (cancelled) {
          Thread.interrupted();
        }
      }
    }
  }

  @Override
  public void started(ToolEvent event) throws InterruptedException {
    synchronized (this) {
      if (cancelled) {
        return;
      }
      begun = event;
    }
    desk.tell(listeningCell, listener -> listener.onToolStarted(event), "the start of a tool");
  }

  @Override
  public void progress(ToolEvent event, String text) throws InterruptedException {
    desk.tell(listeningCell, listener -> listener.onToolProgress(event, text), "a tool's progress");
  }

  @Override
  public void finished(ToolEvent event) throws InterruptedException {
    synchronized (this) {
      if (told) {
        return;
      }
      told = true;
    }
    desk.tell(listeningCell, listener -> listener.onToolFinished(event), "the end of a tool");
  }

  @Override
  public void answer(byte[] envelope, List<byte[]> attachments) {
    desk.answer(this, envelope, attachments);
  }

  synchronized String describe() {
    return "tool call id "
        + id
        + " channel "
        + message.channel()
        + " cell "
        + message.cell()
        + (begun == null ? " waiting" : " running " + begun.name());
  }
}
