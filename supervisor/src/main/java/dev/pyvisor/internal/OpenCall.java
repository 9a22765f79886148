package dev.pyvisor.internal;

import dev.pyvisor.tool.ToolEvent;
import dev.pyvisor.wire.Message;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
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
  private final @Nullable CellOperation cell;
  private final @Nullable Deadline deadline;
  private ToolRunner.@Nullable Run run;
  private @Nullable ToolEvent begun;
  private @Nullable Thread waiting;
  private Timer.@Nullable Alarm alarm;
  private boolean cancelled;
  private boolean told;

  /** {@code deadline}: until when it must have its answer; null: it has as long as it likes. */
  OpenCall(
      ToolDesk desk,
      Object key,
      Message message,
      String id,
      @Nullable CellOperation cell,
      @Nullable Deadline deadline) {
    this.desk = desk;
    this.key = key;
    this.message = message;
    this.id = id;
    this.cell = cell;
    this.deadline = deadline;
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
    Deadline by = deadline;
    if (by != null) {
      synchronized (this) {
        // Where it is cancelled by now, this finds nothing to do when it rings.
        alarm = by.timer().after(by.left(), () -> desk.expire(this, by.span()));
      }
    }
    ToolRunner.Run started = runner.run(desk.session(), message, id, this);
    synchronized (this) {
      run = started;
      if (!cancelled) {
        return;
      }
    }
    desk.session().link().offReader(started::cancel);
  }

  /** It has its answer. */
  synchronized void answered() {
    if (alarm != null) {
      alarm.cancel();
    }
  }

  /** The call is over before its answer. Any thread; user code that hears of it runs elsewhere. */
  void cancel(String why) {
    answered();
    trace().toolCancelled(desk.session(), message, id, why);
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
        last = begun.failed(why);
      }
    }
    if (last != null) {
      desk.tellNow(cell, last);
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
  public Optional<Duration> remaining() {
    Optional<Duration> own = Optional.ofNullable(deadline).map(Deadline::left);
    Optional<Duration> cells = cell == null ? Optional.empty() : cell.remaining();
    return Stream.of(own, cells).flatMap(Optional::stream).min(Comparator.naturalOrder());
  }

  private CellTrace trace() {
    return desk.session().link().trace().cells();
  }

  @Override
  public synchronized boolean isOver() {
    return cancelled;
  }

  @Override
  public void refused(byte[] envelope) {
    desk.refused(this, envelope);
  }

  @Override
  public void started(ToolEvent event) throws InterruptedException {
    synchronized (this) {
      if (cancelled) {
        return;
      }
      begun = event;
    }
    trace().toolStart(desk, message, id, event.name());
    desk.tell(cell, audience -> audience.toolStarted(event, message));
  }

  @Override
  public void progress(ToolEvent event, String text) throws InterruptedException {
    desk.tell(cell, audience -> audience.toolProgress(event, text));
  }

  @Override
  public void finished(ToolEvent event) throws InterruptedException {
    synchronized (this) {
      if (told) {
        return;
      }
      told = true;
    }
    trace().toolEnd(desk.session(), message, id, event.name(), event.failure().orElse(""));
    desk.tell(cell, audience -> audience.toolFinished(event));
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
