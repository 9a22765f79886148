package dev.pyvisor.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameWriter;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Piece;
import dev.pyvisor.wire.ProtocolError;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.java_websocket.WebSocket;
import org.java_websocket.drafts.Draft_6455;
import org.java_websocket.handshake.ClientHandshake;
import org.java_websocket.protocols.Protocol;
import org.java_websocket.server.WebSocketServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a link makes of a runner that breaks a rule. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HostLinkTest {
  private final BlockingQueue<Frame> heard = new LinkedBlockingQueue<>();
  private final CompletableFuture<Throwable> fault = new CompletableFuture<>();
  private final BlockingQueue<Throwable> faults = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private Talker runner;
  private HostLink link;
  private Thread thread;

  @BeforeEach
  void begin() throws Exception {
    runner = new Talker();
    runner.start();
    runner.ready.get(20, TimeUnit.SECONDS);
    link =
        new HostLink(
            "7",
            Dialler.Line.plain("token", Proxy.NO_PROXY),
            new Manner(false, false, Duration.ofMinutes(1)),
            new TransportListener() {
              @Override
              public void onFrame(Frame frame) {
                heard.add(frame);
              }

              @Override
              public void onViolation(ProtocolError error) {}

              @Override
              public void onClosed(dev.pyvisor.error.ExitReport report) {}
            },
            problem -> {
              faults.add(problem);
              fault.complete(problem);
            });
    link.listensAt(URI.create("ws://127.0.0.1:" + runner.getPort() + "/v1/link"));
    thread = new Thread(link::run);
    thread.start();
  }

  @AfterEach
  void end() throws Exception {
    link.leave();
    link.end();
    thread.join();
    runner.stop(1_000);
  }

  @Test
  void after_a_broken_rule_nothing_of_the_connection_is_interpreted_any_more() throws Exception {
    WebSocket host = runner.attached.get(20, TimeUnit.SECONDS);
    host.send(Words.record(new Piece(0, ping(1)), 0));
    assertThat(heard.poll(20, TimeUnit.SECONDS)).isNotNull();
    host.send(new byte[] {99}); // no kind of word
    host.send(Words.record(new Piece(ping(1).length, ping(2)), 0));
    host.send(new byte[] {98});
    host.close(4401, "an answer that ends a link");
    assertThat(fault.get(20, TimeUnit.SECONDS)).hasMessageContaining("REC-1: unknown kind 99");
    // Its close is the last that the library reads of it, and tells.
    closed.get(20, TimeUnit.SECONDS);
    link.awaitCut(TimeUnit.SECONDS.toNanos(20));
    assertThat(heard).isEmpty();
    assertThat(faults).hasSize(1);
    assertThat(link.facts()).contains("receivedBytes=" + ping(1).length + " ");
  }

  private static byte[] ping(int number) {
    ByteBuffer into = ByteBuffer.allocate(Limits.FRAME);
    FrameWriter.write(Frame.ping(new byte[] {(byte) number}), into);
    byte[] bytes = new byte[into.position()];
    into.flip().get(bytes);
    return bytes;
  }

  /** A runner that attaches whoever comes. */
  private final class Talker extends WebSocketServer {
    final CompletableFuture<Void> ready = new CompletableFuture<>();
    final CompletableFuture<WebSocket> attached = new CompletableFuture<>();

    Talker() {
      super(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
          1,
          List.of(new Draft_6455(List.of(), List.of(new Protocol("pyvisor.v1")))));
    }

    @Override
    public void onStart() {
      ready.complete(null);
    }

    @Override
    public void onOpen(WebSocket host, ClientHandshake handshake) {}

    @Override
    public void onMessage(WebSocket host, String text) {}

    @Override
    public void onMessage(WebSocket host, ByteBuffer message) {
      if (message.get(0) == Words.ATTACH && !attached.isDone()) {
        byte[] answer =
            "\2{\"incarnation\":\"i\",\"attached\":1,\"received\":0}"
                .getBytes(StandardCharsets.US_ASCII);
        host.send(answer);
        attached.complete(host);
      }
    }

    @Override
    public void onClose(WebSocket host, int code, String reason, boolean remote) {
      closed.complete(null);
    }

    @Override
    public void onError(WebSocket host, Exception problem) {}
  }
}
