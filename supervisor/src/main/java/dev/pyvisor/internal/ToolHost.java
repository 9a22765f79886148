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

  /** Adds tools to a session; returns what is to be registered, as JSON. */
  String register(SessionCore session, List<Tool> tools) {
    return registry(session).add(tools);
  }

  /** Gives a new session the tools of another. */
  void inherit(SessionCore session, SessionCore parent) {
    registry(session).add(registry(parent).all());
  }

  void leave(SessionCore session) {
    registries.remove(session);
  }

  @Override
  public Run run(SessionCore session, Message call, String id, Progress progress) {
    ToolRun run = new ToolRun(session, call, id, progress, pool);
    run.start(registry(session));
    return run;
  }

  /** Interrupts what runs; does not wait for a tool that ignores it. */
  void close() {
    pool.close();
  }

  private ToolRegistry registry(SessionCore session) {
    return registries.computeIfAbsent(session, found -> new ToolRegistry());
  }
}
