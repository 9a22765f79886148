package dev.pyvisor.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A clock that the test turns. Alarms ring on the turning thread. */
final class ManualTimer implements Timer {
  private final List<Ringing> alarms = new ArrayList<>();
  private long now;

  private final class Ringing implements Alarm {
    final long at;
    final Runnable task;

    Ringing(long at, Runnable task) {
      this.at = at;
      this.task = task;
    }

    @Override
    public void cancel() {
      synchronized (ManualTimer.this) {
        alarms.remove(this);
      }
    }
  }

  @Override
  public synchronized long nanoTime() {
    return now;
  }

  @Override
  public synchronized Alarm after(Duration delay, Runnable task) {
    Ringing alarm = new Ringing(now + delay.toNanos(), task);
    alarms.add(alarm);
    return alarm;
  }

  @Override
  public synchronized void stop() {
    alarms.clear();
  }

  synchronized int waiting() {
    return alarms.size();
  }

  void advance(Duration span) {
    long end = nanoTime() + span.toNanos();
    for (Ringing next = due(end); next != null; next = due(end)) {
      next.task.run();
    }
    synchronized (this) {
      now = end;
    }
  }

  private synchronized Ringing due(long end) {
    Ringing first = alarms.stream().min(Comparator.comparingLong(alarm -> alarm.at)).orElse(null);
    if (first == null || first.at > end) {
      return null;
    }
    alarms.remove(first);
    now = Math.max(now, first.at);
    return first;
  }
}
