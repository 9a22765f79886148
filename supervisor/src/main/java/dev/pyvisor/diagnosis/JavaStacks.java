package dev.pyvisor.diagnosis;

import java.lang.management.LockInfo;
import java.lang.management.ManagementFactory;
import java.lang.management.MonitorInfo;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;

/**
 * This JVM's threads: what each does, what it holds, what it waits for, and who is deadlocked.
 *
 * <p>Immutable.
 */
final class JavaStacks {
  private JavaStacks() {}

  /** How many threads wait for each other in a circle. */
  static int deadlocked() {
    long[] found = ManagementFactory.getThreadMXBean().findDeadlockedThreads();
    return found == null ? 0 : found.length;
  }

  static String text() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    StringBuilder text = new StringBuilder();
    long[] deadlocked = threads.findDeadlockedThreads();
    if (deadlocked == null) {
      text.append("no threads are deadlocked\n");
    } else {
      text.append(deadlocked.length).append(" threads are deadlocked:\n");
      for (ThreadInfo thread : threads.getThreadInfo(deadlocked, true, true)) {
        if (thread != null) {
          append(text, thread);
        }
      }
    }
    text.append("\nall threads:\n");
    for (ThreadInfo thread : threads.dumpAllThreads(true, true, Integer.MAX_VALUE)) {
      append(text, thread);
    }
    return text.toString();
  }

  private static void append(StringBuilder text, ThreadInfo thread) {
    text.append("\n\"").append(thread.getThreadName()).append("\" #").append(thread.getThreadId());
    text.append(thread.isDaemon() ? " daemon " : " ").append(thread.getThreadState());
    if (thread.getLockName() != null) {
      text.append(" on ").append(thread.getLockName());
    }
    if (thread.getLockOwnerName() != null) {
      text.append(" held by \"").append(thread.getLockOwnerName()).append('"');
      text.append(" #").append(thread.getLockOwnerId());
    }
    text.append('\n');
    StackTraceElement[] frames = thread.getStackTrace();
    for (int depth = 0; depth < frames.length; depth++) {
      text.append("    at ").append(frames[depth]).append('\n');
      for (MonitorInfo monitor : thread.getLockedMonitors()) {
        if (monitor.getLockedStackDepth() == depth) {
          text.append("      holds the monitor of ").append(monitor).append('\n');
        }
      }
    }
    for (LockInfo lock : thread.getLockedSynchronizers()) {
      text.append("    holds ").append(lock).append('\n');
    }
  }
}
