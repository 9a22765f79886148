package dev.pyvisor.cli;

import dev.pyvisor.mcp.HttpSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How {@code pyvisor mcp} listens for clients over HTTP. */
final class McpHttpOptions {
  private static final Pattern ADDRESS = Pattern.compile("(?:(.+):)?(\\d{1,5})");
  private static final int PORTS = 65_535;

  /** Of what the JDK's server waits for without limit otherwise. */
  private static final String REQUEST_SECONDS = "60";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--http",
      paramLabel = "[ADDRESS:]PORT",
      description =
          "Listen for clients over HTTP, each with a runner of its own, instead of one over standard"
              + " input; port 0 takes a free one. ADDRESS is 127.0.0.1 unless given.")
  private @Nullable String where;

  @Option(
      names = "--http-token-file",
      paramLabel = "FILE",
      description =
          "With --http: the token that a client must know, in a file that only you can read; made"
              + " with a random one if it is not there.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--http-origin",
      paramLabel = "ORIGIN",
      description =
          "With --http: pages of this origin may connect, as http://localhost:6274; may be given"
              + " several times. Default: no page.")
  private List<String> origins = new ArrayList<>();

  @Option(
      names = "--unsafe-without-tls",
      description =
          "With --http: listen on an address that others reach, though all that is said, the token"
              + " too, can be read and changed on the way.")
  private boolean unsafe;

  /** What was chosen; empty where nothing is listened to. */
  Optional<HttpSettings> settings() throws IOException {
    if (where == null) {
      if (tokenFile != null || !origins.isEmpty() || unsafe) {
        throw refused(
            "--http-token-file, --http-origin and --unsafe-without-tls are for --http; give it, or"
                + " leave them out");
      }
      return Optional.empty();
    }
    if (tokenFile == null) {
      throw refused("--http needs --http-token-file, a file for the token that clients must know");
    }
    Matcher address = ADDRESS.matcher(where);
    if (!address.matches() || Integer.parseInt(address.group(2)) > PORTS) {
      throw refused("--http '" + where + "' is no ADDRESS:PORT; write 127.0.0.1:8000, or 8000");
    }
    String host = address.group(1) == null ? "127.0.0.1" : address.group(1);
    // Read by the server's class when it is loaded.
    System.setProperty("sun.net.httpserver.maxReqTime", REQUEST_SECONDS);
    TokenFile.make(tokenFile);
    try {
      return Optional.of(
          new HttpSettings(
              new InetSocketAddress(host, Integer.parseInt(address.group(2))),
              TokenFile.read(tokenFile),
              Set.copyOf(origins),
              unsafe ? HttpSettings.Reach.ANYWHERE : HttpSettings.Reach.LOOPBACK));
    } catch (IllegalArgumentException odd) {
      throw refused("--http " + where + ": " + odd.getMessage());
    }
  }

  @Nullable Path tokenFile() {
    return tokenFile;
  }

  private ParameterException refused(String why) {
    return new ParameterException(command.commandLine(), why);
  }
}
