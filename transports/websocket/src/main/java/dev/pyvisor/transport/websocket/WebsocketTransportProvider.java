package dev.pyvisor.transport.websocket;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.BackendOption;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.Secrecy;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.TransportProvider;
import dev.pyvisor.transport.launch.LaunchPlan;
import dev.pyvisor.transport.launch.Launchers;
import dev.pyvisor.transport.process.LocalBackend;
import dev.pyvisor.transport.process.ProcessTransport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Attaches to a listening runner: to the one that is named, or to one that it starts on this
 * machine.
 *
 * <p>Thread-safe: it holds no state of its own.
 */
public final class WebsocketTransportProvider implements TransportProvider {
  private static final LocalBackend LOCAL = new LocalBackend("websocket");
  private static final String PROXY = "proxy";

  @Override
  public String name() {
    return "websocket";
  }

  @Override
  public List<BackendOption> options() {
    return List.of(
        new BackendOption(
            PROXY,
            "HOST:PORT of a SOCKS proxy through which the runner is reached, such as 'ssh -D'"
                + " offers. Default: none."),
        // Not shown: what somebody wrongly wrote into it is refused, but it would stand in reports.
        new BackendOption(
            Destination.URL,
            "Where a runner listens already, as ws://127.0.0.1:PORT/v1/link or"
                + " wss://HOST:PORT/v1/link; it is attached to, and stays when the client closes."
                + " Default: none, a runner is started.",
            Secrecy.SECRET),
        new BackendOption(
            Destination.TOKEN_FILE,
            "The file with the token of the runner at websocket.url; only its owner may read it."
                + " Default: none."),
        new BackendOption(
            Destination.CA_FILE,
            "A file of PEM with the authorities that may certify the runner at a wss: address."
                + " Default: those that the JVM trusts."),
        new BackendOption(
            Destination.PIN,
            "The key that the certificate of the runner at a wss: address must have, as sha256/"
                + " and its SHA-256 in base64. Default: none."),
        new BackendOption(
            Destination.TAKEOVER,
            "Whether another host that is attached to the runner at websocket.url loses its place"
                + " and its sessions: true or false. Default: false."));
  }

  @Override
  public boolean launches() {
    return true;
  }

  @Override
  public Transport open(TransportConfig config, FrameSource outbound, TransportListener listener) {
    Optional<Destination> named = Destination.of(config);
    Proxy proxy = proxy(config, named.flatMap(Destination::tls).isPresent());
    if (named.isPresent()) {
      return AttachedTransport.start(
          config, named.get(), proxy, WebsocketLimits.DISCONNECTED, outbound, listener);
    }
    LOCAL.requireLinux(config);
    TransportConfig isolated = Launchers.isolated(config);
    String token = TokenFile.fresh();
    Path tokenFile = keep(token, config);
    LaunchPlan plan =
        LocalBackend.runner(
            isolated,
            config.privateDirectory(),
            List.of("--listen", "127.0.0.1:0", "--token-file", tokenFile.toString(), "--leash"),
            Optional.of(tokenFile));
    LOCAL.warnOnce(isolated);
    return ProcessTransport.start(
        plan,
        config,
        new LinkConversation(
            config.runnerId(),
            new LinkConversation.Token(token, tokenFile),
            proxy,
            plan,
            outbound,
            listener,
            config.threads()),
        listener);
  }

  private static Proxy proxy(TransportConfig config, boolean sealed) {
    String named = config.options().get(PROXY);
    if (named == null) {
      return Proxy.NO_PROXY;
    }
    URI address = socks(named);
    if (address == null || address.getHost() == null || !Destination.isPort(address.getPort())) {
      throw refused(
          config,
          "websocket.proxy is '"
              + named
              + "'; it is HOST:PORT with a port from 1 to 65535, as localhost:1080");
    }
    InetSocketAddress at = new InetSocketAddress(address.getHost(), address.getPort());
    if (!sealed && !at.isUnresolved() && !at.getAddress().isLoopbackAddress()) {
      throw refused(
          config,
          "websocket.proxy is '"
              + named
              + "', on another machine, and what is said to it without TLS, the token too, could be"
              + " read on the way; use one on this machine, as localhost:1080, or wss:");
    }
    return new Proxy(Proxy.Type.SOCKS, at);
  }

  private static @Nullable URI socks(String named) {
    try {
      return new URI("socks://" + named);
    } catch (URISyntaxException malformed) {
      return null;
    }
  }

  private static LaunchFailed refused(TransportConfig config, String why) {
    return new LaunchFailed(config.runnerId(), ErrorCode.INVALID_ARGUMENT, why, null);
  }

  /** In a file that only this user can read: neither an argument nor the environment would be. */
  private static Path keep(String token, TransportConfig config) {
    try {
      Path file =
          Files.createTempFile(
              config.privateDirectory(),
              "token",
              "",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      return Files.writeString(file, token);
    } catch (IOException problem) {
      throw new LaunchFailed(
          config.runnerId(), "the token cannot be written: " + problem.getMessage(), problem);
    }
  }
}
