package dev.pyvisor.internal;

import dev.pyvisor.tool.Tool;
import dev.pyvisor.tool.ToolPool;
import dev.pyvisor.tool.ToolRegistry;
import dev.pyvisor.transport.ThreadJob;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.wire.Message;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The host tools of a client: a pool for all sessions, a registry for each.
 *
 * <p>Thread-safe: by its parts.
 */
final class ToolHost implements ToolRunner {
  private final ToolPool pool;
  private final Map<SessionCore, ToolRegistry> registries = new ConcurrentHashMap<>();

  ToolHost(int threads, ThreadRoster roster) {
    pool = new ToolPool(threads, roster.factory(ThreadJob.TOOL));
  }

  void enter(SessionCore session) {
    registries.put(session, new ToolRegistry());
  }

  void leave(SessionCore session) {
    registries.remove(session);
  }

  @Override
  public Run run(SessionCore session, Message call, String id, Progress progress) {
    throw new UnsupportedOperationException();
  }

  String register(SessionCore session, List<Tool> tools) {
    return "[]";
  }

  boolean runsHere(SessionCore session) {
    return false;
  }

  void close() {
    pool.close();
  }
}
