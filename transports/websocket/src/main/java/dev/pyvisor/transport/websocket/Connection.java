package dev.pyvisor.transport.websocket;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import org.java_websocket.WebSocket;
import org.java_websocket.client.WebSocketClient;
import org.java_websocket.framing.Framedata;
import org.java_websocket.handshake.ServerHandshake;
import org.jspecify.annotations.Nullable;

/**
 * One connection of the link. What the library would do by itself is switched off: its heartbeat,
 * its close handshake, its lookup of a way round; to abort is to close the socket.
 *
 * <p>Thread-safe: by the library, which queues what is sent and calls back on a thread of its own.
 */
final class Connection extends WebSocketClient {
  /** The close code of a runner that ends (RFC 6455 calls it a restart). */
  static final int RUNNER_ENDS = 1012;

  private final HostLink link;
  private int unread; // answers in a row that the runner had not read; the reading thread's
  private final LinkDraft draft;
  private final @Nullable TlsSocket sealed; // null where what is said can be read on the way
  private volatile boolean ignored; // set once, by the reading thread

  Connection(URI address, Dialler.Line line, HostLink link) {
    this(address, line, link, new LinkDraft());
  }

  private Connection(URI address, Dialler.Line line, HostLink link, LinkDraft draft) {
    super(
        address,
        draft,
        Map.of("Authorization", "Bearer " + line.token()),
        (int) WebsocketLimits.DIAL.toMillis());
    this.link = link;
    this.draft = draft;
    setConnectionLostTimeout(0);
    setTcpNoDelay(true);
    sealed = line.tls().map(tls -> new TlsSocket(address, line.proxy(), tls)).orElse(null);
    if (sealed == null) {
      setProxy(line.proxy());
    } else {
      setSocketFactory(sealed);
    }
    setDaemon(true);
  }

  /** How the dial was refused, if a server answered it so. */
  Optional<Answer> refusal() {
    return draft.refusal();
  }

  /** Ends it at once; {@link HostLink#cut} follows. */
  void abort() {
    try {
      java.net.Socket socket = getSocket();
      if (sealed != null) {
        sealed.abort();
      } else if (socket != null) {
        socket.close();
      }
    } catch (IOException alreadyGone) {
      return;
    }
  }

  /**
   * A rule was broken on it: what else it says, by a message or by how it closes, means nothing.
   */
  void ignore() {
    ignored = true;
  }

  @Override
  public void onOpen(ServerHandshake handshake) {}

  @Override
  public void onMessage(ByteBuffer message) {
    if (ignored) {
      return;
    }
    boolean ping = message.hasRemaining() && message.get(message.position()) == Words.PING;
    if (!ping || mayAnswer()) {
      link.heard(this, message);
    }
  }

  @Override
  public void onWebsocketPing(WebSocket socket, Framedata ping) {
    if (mayAnswer()) {
      super.onWebsocketPing(socket, ping);
    }
  }

  /** Who asks and asks and reads no answer is left. */
  private boolean mayAnswer() {
    unread = hasBufferedData() ? unread + 1 : 0;
    if (unread > WebsocketLimits.ANSWERS) {
      abort();
      return false;
    }
    return true;
  }

  @Override
  public void onMessage(String text) {
    onMessage(ByteBuffer.wrap(new byte[1])); // a kind that is none: a broken rule
  }

  @Override
  public void onClose(int code, @Nullable String reason, boolean remote) {
    if (remote && !ignored) {
      Answer.closed(code, String.valueOf(reason)).ifPresent(answer -> link.refused(this, answer));
      if (code == RUNNER_ENDS) {
        link.runnerEnds(this);
      }
    }
    link.cut(this, code + " " + reason);
  }

  @Override
  public void onError(Exception problem) {
    if (problem instanceof ConnectException) {
      link.notThere(this);
    }
    if (sealed != null && !sealed.isShaken()) {
      TlsFailure.of(getURI().getAuthority(), problem)
          .ifPresent(failure -> link.distrusts(this, failure));
    }
    link.cut(this, problem.toString());
  }
}
