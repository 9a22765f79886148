package dev.pyvisor.mcp.server;

import dev.pyvisor.mcp.McpLimits;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The clients over HTTP, by the id that each carries. One that has asked for nothing for a while
 * has gone.
 *
 * <p>Guarded by this; clients end without the lock.
 */
final class HttpClients {
  private final ScheduledExecutorService timer;
  private final Map<String, Client> clients = new HashMap<>();
  private boolean ended;

  HttpClients(ScheduledExecutorService timer) {
    this.timer = timer;
  }

  /**
   * One client.
   *
   * <p>Guarded by its {@link HttpClients}.
   */
  static final class Client {
    final McpStreamableServerSession session;
    final Workbench bench;
    final OpenCalls calls;
    private int requests;
    private @Nullable ScheduledFuture<?> end;

    Client(McpStreamableServerSession session, Workbench bench, OpenCalls calls) {
      this.session = session;
      this.bench = bench;
      this.calls = calls;
    }

    private void close() {
      calls.end();
      session.close();
      bench.close();
    }
  }

  /** Takes a client in, with a request of its own; false when there are too many. */
  synchronized boolean add(Client client) {
    if (ended || clients.size() >= McpLimits.HTTP_CLIENTS) {
      return false;
    }
    clients.put(client.session.getId(), client);
    client.requests++;
    return true;
  }

  /** The client of that id, which is asking for something until {@link #release}. */
  synchronized Optional<Client> use(@Nullable String id) {
    Client client = clients.get(id);
    if (client == null) {
      return Optional.empty();
    }
    client.requests++;
    if (client.end != null) {
      client.end.cancel(false);
      client.end = null;
    }
    return Optional.of(client);
  }

  synchronized void release(Client client) {
    client.requests--;
    if (client.requests == 0 && clients.containsValue(client)) {
      client.end =
          timer.schedule(
              () -> expire(client), McpLimits.HTTP_IDLE.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void expire(Client client) {
    synchronized (this) {
      // A request that came at the last moment keeps it.
      if (client.requests > 0) {
        return;
      }
    }
    remove(client);
  }

  /** The client has said good-bye. */
  void remove(Client client) {
    synchronized (this) {
      clients.remove(client.session.getId());
    }
    client.close();
  }

  /** All end. */
  void end() {
    List<Client> orphans;
    synchronized (this) {
      ended = true;
      orphans = new ArrayList<>(clients.values());
      clients.clear();
    }
    orphans.parallelStream().forEach(Client::close);
  }
}
