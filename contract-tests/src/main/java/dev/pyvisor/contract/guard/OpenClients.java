package dev.pyvisor.contract.guard;

import dev.pyvisor.SupervisorClient;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The clients that the tests have opened, for a hang report to describe.
 *
 * <p>Thread-safe: one concurrent collection.
 */
public final class OpenClients {
  private static final Queue<SupervisorClient> OPEN = new ConcurrentLinkedQueue<>();

  private OpenClients() {}

  /** Opens a client and keeps it in view until its runner has ended. */
  public static SupervisorClient open(SupervisorClient.Builder builder) {
    SupervisorClient client = builder.open();
    OPEN.add(client);
    client.exited().whenComplete((report, failure) -> OPEN.remove(client));
    return client;
  }

  static List<SupervisorClient> all() {
    return List.copyOf(OPEN);
  }
}
