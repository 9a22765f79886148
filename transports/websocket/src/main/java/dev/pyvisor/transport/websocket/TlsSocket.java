package dev.pyvisor.transport.websocket;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import javax.net.SocketFactory;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * The socket of one connection over TLS, as the library asks for it: connected, and with the
 * handshake done, so that nothing is said to a runner that is not the one. The socket beneath is
 * kept: closing that ends the connection at once, where TLS would first want to say so.
 *
 * <p>Thread-safe: guarded by this; nothing waits under that lock.
 */
final class TlsSocket extends SocketFactory {
  private static final String[] VERSIONS = {"TLSv1.3", "TLSv1.2"};

  private final URI address;
  private final Proxy proxy;
  private final Tls tls;
  private @Nullable Socket beneath;
  private boolean shaken;
  private boolean aborted;

  TlsSocket(URI address, Proxy proxy, Tls tls) {
    this.address = address;
    this.proxy = proxy;
    this.tls = tls;
  }

  @Override
  public Socket createSocket() throws IOException {
    Socket plain = begin();
    try {
      String host = address.getHost().replaceAll("[\\[\\]]", ""); // an address of IPv6 has brackets
      plain.setTcpNoDelay(true);
      plain.connect(
          proxy.type() == Proxy.Type.SOCKS
              ? InetSocketAddress.createUnresolved(host, address.getPort())
              : new InetSocketAddress(host, address.getPort()),
          (int) WebsocketLimits.DIAL.toMillis());
      SSLSocket socket =
          (SSLSocket) tls.sockets().createSocket(plain, host, address.getPort(), true);
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setProtocols(VERSIONS);
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      socket.startHandshake(); // as long as whoever dials waits: then it is aborted
      done();
      return socket;
    } catch (IOException | RuntimeException problem) {
      plain.close();
      throw problem;
    }
  }

  private synchronized Socket begin() throws SocketException {
    if (aborted) {
      throw new SocketException("it was given up before it was connected");
    }
    Socket plain = new Socket(proxy);
    beneath = plain;
    return plain;
  }

  private synchronized void done() {
    shaken = true;
  }

  /** Whether the runner has shown itself to be the one. */
  synchronized boolean isShaken() {
    return shaken;
  }

  /** Ends it at once. */
  void abort() throws IOException {
    Socket plain;
    synchronized (this) {
      aborted = true;
      plain = beneath;
    }
    if (plain != null) {
      plain.close();
    }
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return createSocket();
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort)
      throws IOException {
    return createSocket();
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return createSocket();
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
      throws IOException {
    return createSocket();
  }
}
