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

  /** Which session's tool this thread runs; a tool must not call that session back. */
  private final ThreadLocal<SessionCore> running = new ThreadLocal<>();

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
    ToolRegistry registry = registries.getOrDefault(session, new ToolRegistry());
    ToolTask task = new ToolTask(session, call, id, registry, progress);
    task.future(
        pool.submit(
            () -> {
              running.set(session);
              try {
                task.run();
              } finally {
                running.remove();
              }
            }));
    return task;
  }

  /** Adds tools; returns the list of {@code tools.register}. */
  String register(SessionCore session, List<Tool> tools) {
    ToolRegistry registry = registries.get(session);
    return registry == null ? "[]" : registry.add(tools);
  }

  boolean runsHere(SessionCore session) {
    return running.get() == session;
  }

  void close() {
    pool.close();
  }
}
