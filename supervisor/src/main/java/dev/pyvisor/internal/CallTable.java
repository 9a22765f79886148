package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.error.RunnerException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The requests that are open on one connection. After the verdict it is empty and stays so.
 *
 * <p>Guarded by this.
 */
final class CallTable {
  private final Map<String, PendingCall> open = new HashMap<>();

  /** Those that have expired and mind what their replies say; the oldest go where they are many. */
  private final Map<String, ControlCall<?>> expired =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, ControlCall<?>> eldest) {
          return size() > Defaults.OPEN_REQUESTS;
        }
      };

  private @Nullable RunnerException verdict;

  /** Enters a call; returns the verdict instead where the connection has ended. */
  synchronized @Nullable RunnerException admit(String id, PendingCall call) {
    if (verdict == null) {
      open.put(id, call);
    }
    return verdict;
  }

  /** Removes a call; null where there is none of that id (any more). */
  synchronized @Nullable PendingCall take(String id) {
    return open.remove(id);
  }

  /** Nobody waits for it any more; false where it had its end before. */
  synchronized boolean expire(ControlCall<?> call) {
    boolean found = open.remove(call.id) != null;
    if (found && call.minds()) {
      expired.put(call.id, call);
    }
    return found;
  }

  /** Removes a call that has expired and minds; null where there is none of that id. */
  synchronized @Nullable ControlCall<?> takeExpired(String id) {
    return expired.remove(id);
  }

  /**
   * Ends the connection. The first verdict counts: exit watch, reader, writer and close race here.
   */
  synchronized List<PendingCall> condemn(RunnerException found) {
    if (verdict != null) {
      return List.of();
    }
    verdict = found;
    List<PendingCall> orphans = List.copyOf(open.values());
    open.clear();
    expired.clear();
    return orphans;
  }

  synchronized @Nullable RunnerException verdict() {
    return verdict;
  }

  synchronized int size() {
    return open.size();
  }

  /** What is open now, by id. */
  synchronized Map<String, PendingCall> open() {
    return Map.copyOf(open);
  }
}
