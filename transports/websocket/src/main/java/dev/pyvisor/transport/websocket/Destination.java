package dev.pyvisor.transport.websocket;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.TransportConfig;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A runner that somebody else has started: where it listens, and what it knows its host by.
 *
 * <p>Immutable.
 *
 * @param token never shown
 * @param takeover whether a host that is attached there is to lose its place
 * @param tls empty where what is said can be read on the way
 */
record Destination(URI address, String token, boolean takeover, Optional<Tls> tls) {
  static final String URL = "url";
  static final String TOKEN_FILE = "tokenFile";
  static final String TAKEOVER = "takeover";
  static final String CA_FILE = "caFile";
  static final String PIN = "pin";

  static final String PATH = "/v1/link";
  private static final int LAST_PORT = 65_535;
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(\\.[0-9]{1,3}){3}|\\[::1]");

  /**
   * The configured one; empty where a runner is to be started.
   *
   * @throws LaunchFailed with what is wrong, before anything is dialled
   */
  static Optional<Destination> of(TransportConfig config) {
    String url = config.options().get(URL);
    if (url == null) {
      for (String option : new String[] {TOKEN_FILE, TAKEOVER, CA_FILE, PIN}) {
        if (config.options().containsKey(option)) {
          throw refused(
              config,
              "websocket."
                  + option
                  + " is about a runner that listens already, and none is named; set websocket.url,"
                  + " or leave it out");
        }
      }
      return Optional.empty();
    }
    URI address = address(config, url);
    refuseWhatIsDecided(config);
    String file = config.options().get(TOKEN_FILE);
    if (file == null) {
      throw refused(
          config,
          "websocket.url needs websocket.tokenFile, the file that the runner's own token was read"
              + " from");
    }
    String token;
    try {
      token = TokenFile.read(Path.of(file));
    } catch (IllegalArgumentException problem) {
      throw refused(config, "websocket.tokenFile: " + problem.getMessage());
    }
    return Optional.of(new Destination(address, token, takeover(config), tls(config, address)));
  }

  /** Nothing of a refused text is repeated: it may hold what was meant to be a secret. */
  private static URI address(TransportConfig config, String url) {
    URI given;
    try {
      given = new URI(url);
    } catch (URISyntaxException malformed) {
      throw refused(config, "websocket.url is no URL; write ws://127.0.0.1:PORT" + PATH);
    }
    if (given.getRawUserInfo() != null
        || given.getRawQuery() != null
        || given.getRawFragment() != null) {
      throw refused(
          config,
          "websocket.url holds more than scheme, address, port and path, and a token in it would be"
              + " shown wherever it is; put the token into a file and name that with"
              + " websocket.tokenFile");
    }
    boolean sealed = "wss".equalsIgnoreCase(given.getScheme());
    if ((!sealed && !"ws".equalsIgnoreCase(given.getScheme())) || given.getHost() == null) {
      throw refused(
          config,
          "websocket.url is not like ws://127.0.0.1:PORT" + PATH + " or wss://HOST:PORT" + PATH);
    }
    if (!sealed && !LOOPBACK.matcher(given.getHost().toLowerCase(Locale.ROOT)).matches()) {
      throw refused(
          config,
          "websocket.url names "
              + given.getHost()
              + ", and what is said to it without TLS, the token too, could be read on the way;"
              + " start the runner with --cert and --key and write wss:, or reach it through 'ssh -D'"
              + " and websocket.proxy, with ws://127.0.0.1:PORT"
              + PATH);
    }
    if (!isPort(given.getPort())) {
      throw refused(
          config,
          "websocket.url names "
              + (given.getPort() < 0 ? "no port" : "the port " + given.getPort())
              + "; write ws://127.0.0.1:PORT"
              + PATH
              + " with a port from 1 to 65535");
    }
    String path = given.getRawPath();
    // In small letters: the client library knows no other schemes, and dials for ever.
    return URI.create(
        (sealed ? "wss://" : "ws://")
            + given.getHost().toLowerCase(Locale.ROOT)
            + ":"
            + given.getPort()
            + (path.isEmpty() || path.equals("/") ? PATH : path));
  }

  /** Whether one can be dialled; -1 stands for none. */
  static boolean isPort(int number) {
    return number > 0 && number <= LAST_PORT;
  }

  /**
   * A runner that runs has its interpreter and its environment; what was asked for would not be.
   */
  private static void refuseWhatIsDecided(TransportConfig config) {
    String asked =
        config.python().isPresent()
            ? "an interpreter"
            : config.payload().isPresent()
                ? "a payload"
                : !config.environment().isEmpty()
                    ? "environment variables (or modules to preload)"
                    : !config.sandbox().equals(Sandbox.UNCHOSEN)
                        ? "a launcher, an image, an input or a limit"
                        : "";
    if (!asked.isEmpty()) {
      throw refused(
          config,
          "websocket.url names a runner that runs already, and "
              + asked
              + " can only be chosen for one that is started; leave that out, or choose it where the"
              + " runner is started");
    }
  }

  private static Optional<Tls> tls(TransportConfig config, URI address) {
    Optional<Path> authorities =
        Optional.ofNullable(config.options().get(CA_FILE)).map(name -> path(config, name));
    Optional<String> pin = Optional.ofNullable(config.options().get(PIN));
    if ("wss".equalsIgnoreCase(address.getScheme())) {
      try {
        return Optional.of(Tls.of(authorities, pin));
      } catch (IllegalArgumentException problem) {
        throw refused(config, String.valueOf(problem.getMessage()));
      }
    }
    if (authorities.isPresent() || pin.isPresent()) {
      throw refused(
          config,
          "websocket."
              + (pin.isPresent() ? PIN : CA_FILE)
              + " is about TLS, and websocket.url begins with ws:; write wss:, or leave it out");
    }
    return Optional.empty();
  }

  private static Path path(TransportConfig config, String name) {
    try {
      return Path.of(name);
    } catch (InvalidPathException odd) {
      throw refused(config, "websocket.caFile: " + odd.getMessage());
    }
  }

  private static boolean takeover(TransportConfig config) {
    String value = config.options().getOrDefault(TAKEOVER, "false");
    if (!value.equals("true") && !value.equals("false")) {
      throw refused(config, "websocket.takeover is '" + value + "'; write true or false");
    }
    return value.equals("true");
  }

  private static LaunchFailed refused(TransportConfig config, String why) {
    return new LaunchFailed(config.runnerId(), ErrorCode.INVALID_ARGUMENT, why, null);
  }

  @Override
  public String toString() {
    return "Destination[" + address + "]";
  }
}
