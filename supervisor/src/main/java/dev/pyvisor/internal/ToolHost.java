package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.TimeLimit;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.tool.ToolParameter;
import dev.pyvisor.tool.ToolPool;
import dev.pyvisor.tool.ToolRegistry;
import dev.pyvisor.transport.ThreadJob;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.wire.Message;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The host tools of a client: a pool for all sessions, a registry for each.
 *
 * <p>Thread-safe: by its parts.
 */
final class ToolHost implements ToolRunner {
  private final ToolPool pool;
  private final TimeLimit limit;
  private final Map<SessionLife, ToolRegistry> registries = new ConcurrentHashMap<>();

  /** {@code limit}: for tools that do not say how long they may take. */
  ToolHost(int threads, TimeLimit limit, ThreadRoster roster) {
    this.limit = limit;
    pool = new ToolPool(threads, Defaults.LEAKED_TOOL_THREADS, roster.factory(ThreadJob.TOOL));
  }

  /** Adds tools to a session; returns what is to be registered, as JSON. */
  String register(SessionLife session, List<Tool> tools) {
    return registry(session).add(tools);
  }

  List<Tool> tools(SessionLife session) {
    return registry(session).all();
  }

  /** A registration that the runner refused leaves what there was before. */
  void takeBack(SessionLife session, List<Tool> refused, List<Tool> before) {
    registry(session).takeBack(refused, before);
  }

  /** Gives a new session the tools of another. */
  void inherit(SessionLife session, SessionLife parent) {
    registry(session).add(registry(parent).all());
  }

  /** What a session has registered so far, as JSON; nothing where that is nothing. */
  Optional<String> registered(SessionLife session) {
    ToolRegistry registry = registries.get(session);
    return registry == null || registry.names().isEmpty()
        ? Optional.empty()
        : Optional.of(registry.add(List.of()));
  }

  void leave(SessionLife session) {
    registries.remove(session);
  }

  @Override
  public Run run(SessionCore session, Message call, String id, Progress progress) {
    ToolRun run = new ToolRun(session, call, id, progress, pool);
    run.start(registry(session.life()));
    return run;
  }

  @Override
  public TimeLimit limit(SessionCore session, @Nullable String tool) {
    return Optional.ofNullable(tool)
        .flatMap(registry(session.life())::find)
        .flatMap(Tool::timeLimit)
        .orElse(limit);
  }

  @Override
  public List<String> parameters(SessionCore session, String tool) {
    return registry(session.life())
        .find(tool)
        .map(found -> found.parameters().stream().map(ToolParameter::name).toList())
        .orElse(List.of());
  }

  /** Interrupts what runs; does not wait for a tool that ignores it. */
  void close() {
    pool.close();
  }

  private ToolRegistry registry(SessionLife session) {
    return registries.computeIfAbsent(session, found -> new ToolRegistry());
  }
}
