package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.FarSide;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The status of a listening runner over HTTP, past every proxy.
 *
 * <p>Thread-safe: by the client of HTTP.
 */
final class Probe {
  private final HttpClient http = HttpClient.newHttpClient();
  private final HttpRequest request;

  private Probe(HttpRequest request) {
    this.request = request;
  }

  /** Of the runner that a client has started, which listens there. */
  static Probe of(SupervisorClient client, InetSocketAddress at) throws IOException {
    List<String> command = FarSide.of(client).command();
    Path token = Path.of(command.get(command.indexOf("--token-file") + 1));
    return new Probe(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + at.getPort() + "/v1/status"))
            .header("Authorization", "Bearer " + TokenKeeper.token(token))
            .timeout(Duration.ofSeconds(5))
            .build());
  }

  JsonNode status() {
    try {
      return JsonMapper.shared().readTree(http.send(request, BodyHandlers.ofString()).body());
    } catch (IOException e) {
      throw new AssertionError("the probe was not answered", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Waits until the first session's cell of this number runs no more. */
  void awaitIdle(int cell) {
    Awaitility.await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              JsonNode session = status().path("sessions").path(0);
              return session.path("cell").asInt() == cell
                  && session.path("state").asString("").equals("idle");
            });
  }
}
