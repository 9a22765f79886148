package dev.pyvisor.mcp;

import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.TypeRef;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A client that says what it is told, line by line, to a server in this JVM. */
final class RawClient implements AutoCloseable {
  /** A cold Python on a loaded machine takes seconds. */
  static final long SECONDS = 30;

  private final Pipe toServer = Pipe.open();
  private final Pipe fromServer = Pipe.open();
  private final OutputStream out = Channels.newOutputStream(toServer.sink());
  private final List<Map<String, Object>> seen = new ArrayList<>();
  private final CompletableFuture<Void> served = new CompletableFuture<>();
  private boolean ended;

  RawClient() throws IOException {
    thread(
        "test-server",
        () -> {
          try {
            PythonServer.startingWith(TestServer.runners())
                .serve(
                    Channels.newInputStream(toServer.source()),
                    Channels.newOutputStream(fromServer.sink()));
            fromServer.sink().close();
            toServer.source().close();
            served.complete(null);
          } catch (InterruptedException | IOException failed) {
            served.completeExceptionally(failed);
          }
        });
    thread("test-reader", this::read);
  }

  /** Connected and initialized. */
  static RawClient initialized() throws IOException, InterruptedException {
    RawClient client = new RawClient();
    client.say(
        """
        {"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"2025-06-18",
        "capabilities":{},"clientInfo":{"name":"raw","version":"1"}}}"""
            .replace("\n", ""));
    client.answer("init");
    client.say("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
    return client;
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Channels.newInputStream(fromServer.source()), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Map<String, Object> message = json(line);
        synchronized (this) {
          seen.add(message);
          notifyAll();
        }
      }
    } catch (IOException closed) {
      // The same as the end.
    }
    synchronized (this) {
      ended = true;
      notifyAll();
    }
  }

  void say(String line) throws IOException {
    out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** Calls a tool, without waiting. */
  void call(Object id, String tool, String arguments) throws IOException {
    call(id, tool, arguments, "");
  }

  void call(Object id, String tool, String arguments, String meta) throws IOException {
    say(
        "{\"jsonrpc\":\"2.0\",\"id\":"
            + quoted(id)
            + ",\"method\":\"tools/call\",\"params\":{\"name\":\""
            + tool
            + "\",\"arguments\":"
            + arguments
            + (meta.isEmpty() ? "" : ",\"_meta\":" + meta)
            + "}}");
  }

  void execute(Object id, String code) throws IOException {
    call(id, "execute", McpJsonDefaults.getMapper().writeValueAsString(Map.of("code", code)));
  }

  void cancel(Object id) throws IOException {
    say(
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":"
            + quoted(id)
            + ",\"reason\":\"the user said so\"}}");
  }

  private static String quoted(Object id) {
    return id instanceof String ? "\"" + id + "\"" : String.valueOf(id);
  }

  /** The answer to a request, waited for. */
  Map<String, Object> answer(Object id) throws InterruptedException {
    return await(
        message -> message.containsKey("id") && String.valueOf(message.get("id")).equals(id + ""));
  }

  /** The text of a tool's answer, waited for. */
  String text(Object id) throws InterruptedException {
    Map<String, Object> answer = answer(id);
    if (!(answer.get("result") instanceof Map<?, ?> result)) {
      throw new AssertionError("no result: " + answer);
    }
    StringBuilder text = new StringBuilder();
    for (Object content : (List<?>) result.get("content")) {
      text.append(((Map<?, ?>) content).get("text"));
    }
    return text.toString();
  }

  /** The first message of that kind, waited for. */
  synchronized Map<String, Object> await(Predicate<Map<String, Object>> kind)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    while (true) {
      for (Map<String, Object> message : seen) {
        if (kind.test(message)) {
          return message;
        }
      }
      long left = deadline - System.nanoTime();
      if (left <= 0 || ended) {
        throw new AssertionError("it did not come; there were " + seen);
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }

  synchronized List<Map<String, Object>> seen() {
    return List.copyOf(seen);
  }

  /** The client goes away. */
  void leave() throws IOException {
    out.close();
  }

  /** Waits until the server has ended. */
  void awaitEnd() {
    served.orTimeout(SECONDS, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() throws IOException {
    leave();
    awaitEnd();
  }

  private static Map<String, Object> json(String line) {
    try {
      return McpJsonDefaults.getMapper().readValue(line, new TypeRef<Map<String, Object>>() {});
    } catch (IOException odd) {
      throw new UncheckedIOException("no JSON: " + line, odd);
    }
  }

  static @Nullable Object at(Map<String, Object> message, String... path) {
    Object found = message;
    for (String key : path) {
      found = found instanceof Map<?, ?> map ? map.get(key) : null;
    }
    return found;
  }

  private static void thread(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }
}
