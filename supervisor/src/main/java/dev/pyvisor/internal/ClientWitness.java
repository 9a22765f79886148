package dev.pyvisor.internal;

import dev.pyvisor.diagnosis.FrameLog;
import dev.pyvisor.diagnosis.Witness;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;

/**
 * A client as reports of what hangs see it.
 *
 * <p>Thread-safe: by the parts that it asks.
 */
final class ClientWitness implements Witness {
  private final ClientCore client;

  ClientWitness(ClientCore client) {
    this.client = client;
  }

  @Override
  public String runnerId() {
    return client.link().runnerId();
  }

  @Override
  public OptionalLong supervisor() {
    return client.link().supervisor();
  }

  @Override
  public Path privateDirectory() {
    return client.link().privateDirectory();
  }

  @Override
  public List<String> pending() {
    return client.evidence();
  }

  @Override
  public FrameLog frames() {
    return client.link().frames();
  }

  @Override
  public CompletableFuture<String> facts(Duration limit) {
    Link link = client.link();
    return link.requests()
        .request("evidence", "{}", Deadline.in(link.timer(), limit))
        .thenApply(JsonNode::toString);
  }
}
