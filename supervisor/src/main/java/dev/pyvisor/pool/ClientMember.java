package dev.pyvisor.pool;

import dev.pyvisor.Defaults;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import java.util.concurrent.CompletableFuture;

/**
 * A client, of whose sessions one is lent after the other.
 *
 * <p>Thread-safe: the session is written whole, by one thread at a time.
 */
final class ClientMember implements Member {
  private final SupervisorClient client;
  private volatile Session session;

  ClientMember(SupervisorClient client) {
    this.client = client;
    this.session = client.session();
  }

  @Override
  public Session session() {
    return session;
  }

  @Override
  public boolean usable() {
    return !client.exited().isDone();
  }

  @Override
  public CompletableFuture<Void> end() {
    Session used = session;
    used.close();
    return used.hostWorkDone();
  }

  @Override
  public void renew() {
    session = client.openSession(Defaults.SESSION);
  }

  @Override
  public void close() {
    client.close();
  }

  @Override
  public String toString() {
    return "runner " + client.runner().runnerId();
  }
}
