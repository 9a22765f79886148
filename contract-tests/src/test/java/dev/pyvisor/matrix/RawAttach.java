package dev.pyvisor.matrix;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A host that says one ATTACH of its own making, by the JDK's websocket.
 *
 * <p>Confined to the client's thread.
 */
final class RawAttach implements WebSocket.Listener {
  private static final int ATTACH = 1;
  private static final int ERROR = 9;
  private static final long PATIENCE_SECONDS = 30;

  private final CompletableFuture<byte[]> word = new CompletableFuture<>();
  private final ByteArrayOutputStream parts = new ByteArrayOutputStream();

  /** What ERROR says. */
  static JsonNode refused(Listener runner, String attach) throws Exception {
    RawAttach said = new RawAttach();
    byte[] text = attach.getBytes(StandardCharsets.UTF_8);
    ByteBuffer message = ByteBuffer.allocate(1 + text.length).put((byte) ATTACH).put(text).flip();
    WebSocket socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .header("Authorization", "Bearer " + Files.readString(runner.token).strip())
            .subprotocols("pyvisor.v1")
            .buildAsync(URI.create(runner.url()), said)
            .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    try {
      socket.sendBinary(message, true);
      byte[] answer = said.word.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (answer[0] != ERROR) {
        throw new AssertionError(attach + " was answered by a word of kind " + answer[0]);
      }
      return JsonMapper.shared()
          .readTree(new String(answer, 1, answer.length - 1, StandardCharsets.UTF_8));
    } finally {
      socket.abort();
    }
  }

  @Override
  public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
    byte[] part = new byte[data.remaining()];
    data.get(part);
    parts.writeBytes(part);
    if (last) {
      word.complete(parts.toByteArray());
      parts.reset();
    }
    socket.request(1);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void onError(WebSocket socket, Throwable problem) {
    word.completeExceptionally(problem);
  }
}
