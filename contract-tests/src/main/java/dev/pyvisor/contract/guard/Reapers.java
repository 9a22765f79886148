package dev.pyvisor.contract.guard;

import java.util.Arrays;
import java.util.Map;

/**
 * The threads with which this JVM waits for the ends of its processes, and which it keeps for a
 * while afterwards.
 *
 * <p>Immutable.
 */
public final class Reapers {
  private static final String NAME = "process reaper";

  private Reapers() {}

  /** How many have a process, and do not wait for one. */
  public static long atWork() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(each -> each.getKey().getName().startsWith(NAME))
        .filter(each -> !isIdle(each))
        .count();
  }

  private static boolean isIdle(Map.Entry<Thread, StackTraceElement[]> thread) {
    return Arrays.stream(thread.getValue())
        .anyMatch(call -> call.getMethodName().equals("getTask"));
  }
}
