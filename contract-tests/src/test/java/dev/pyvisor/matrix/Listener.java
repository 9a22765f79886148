package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.runner.RunnerPayload;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A runner that listens, started by nobody's client; closing it ends it. */
final class Listener implements AutoCloseable {
  private static final String TOKEN = "a-token-for-tests-0123456789-0123456789";
  private static final JsonMapper JSON = JsonMapper.shared();

  final Process process;
  final String address;
  final Path token;
  private final boolean sealed;

  private Listener(Process process, JsonNode said, Path token) {
    this.process = process;
    this.address = said.get("listening").asString();
    this.sealed = said.get("tls").asBoolean();
    this.token = token;
  }

  static Listener start(Path folder, String... options) throws IOException {
    Path token = token(folder, "token", TOKEN);
    List<String> command = new ArrayList<>();
    command.add(Interpreters.standard().toString());
    Path payload = RunnerPayload.unpack(RunnerPayload.defaultCache());
    command.addAll(List.of("-I", "-S", payload.resolve("__main__.py").toString()));
    command.addAll(List.of("--listen", "127.0.0.1:0", "--token-file", token.toString()));
    command.addAll(List.of(options));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("PYVISOR_DIR", folder.toString());
    Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    BufferedReader said =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    return new Listener(process, JSON.readTree(said.readLine()), token);
  }

  static Path token(Path folder, String name, String token) throws IOException {
    Path file = Files.writeString(folder.resolve(name), token);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  String url() {
    return (sealed ? "wss://" : "ws://") + address + "/v1/link";
  }

  SupervisorClient.Builder client() {
    return client(url(), token);
  }

  static SupervisorClient.Builder client(String url, Path token) {
    return SupervisorClient.builder()
        .backend("websocket")
        .backendOption("websocket.url", url)
        .backendOption("websocket.tokenFile", token.toString())
        .trusted();
  }

  /** What a probe is answered. */
  JsonNode status() throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address + "/v1/status"))
            .header("Authorization", "Bearer " + Files.readString(token))
            .build();
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new AssertionError(answer.statusCode() + " " + answer.body());
    }
    return JSON.readTree(answer.body());
  }

  @Override
  public void close() {
    process.destroy();
    try {
      process.onExit().get(10, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException late) {
      process.destroyForcibly();
      throw new AssertionError("the runner did not end", late);
    }
  }
}
