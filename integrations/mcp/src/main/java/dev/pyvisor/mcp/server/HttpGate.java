package dev.pyvisor.mcp.server;

import dev.pyvisor.mcp.HttpSettings;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Who may speak to the server over HTTP, and in what form. Decides by headers alone.
 *
 * <p>Immutable.
 */
final class HttpGate {
  /**
   * Why a request is not served.
   *
   * <p>Immutable.
   */
  record Refusal(int status, String why) {}

  private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1", "[::1]");

  private final byte[] token;
  private final Set<String> origins;
  private final boolean loopback;
  private final List<String> versions;

  HttpGate(HttpSettings settings, List<String> versions) {
    this.token = ("Bearer " + settings.token()).getBytes(StandardCharsets.UTF_8);
    this.origins = settings.origins();
    this.loopback = settings.where().getAddress().isLoopbackAddress();
    this.versions = versions;
  }

  /**
   * Why the request is refused, if it is.
   *
   * @param header a header's value by its name, or null
   */
  Optional<Refusal> refusal(String method, Function<String, @Nullable String> header) {
    String origin = header.apply("Origin");
    if (origin != null && !origins.contains(origin)) {
      return refused(403, "pages of " + origin + " may not connect");
    }
    // A name of somebody else's that leads here is how a page gets around that.
    String host = header.apply("Host");
    if (loopback && (host == null || !isLocal(host))) {
      return refused(403, "the Host " + host + " is not this machine's own name for itself");
    }
    String given = header.apply("Authorization");
    if (given == null || !MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), token)) {
      return refused(401, "the header Authorization must be 'Bearer ' and the server's token");
    }
    String version = header.apply("MCP-Protocol-Version");
    if (version != null && !versions.contains(version) && header.apply("Mcp-Session-Id") != null) {
      return refused(
          400, "MCP-Protocol-Version " + version + " is none of " + String.join(", ", versions));
    }
    return method.equals("POST") ? form(header) : Optional.empty();
  }

  private static Optional<Refusal> form(Function<String, @Nullable String> header) {
    String type = header.apply("Content-Type");
    if (type == null || !type.strip().toLowerCase(Locale.ROOT).startsWith("application/json")) {
      return refused(415, "Content-Type must be application/json, and is " + type);
    }
    String accept = header.apply("Accept");
    if (accept == null
        || !accept.contains("application/json")
        || !accept.contains("text/event-stream")) {
      return refused(406, "Accept must name application/json and text/event-stream");
    }
    return Optional.empty();
  }

  private static boolean isLocal(String host) {
    try {
      String name = URI.create("http://" + host).getHost();
      return name != null && (LOCAL.contains(name) || isLoopback(name));
    } catch (IllegalArgumentException odd) {
      return false;
    }
  }

  /** Only of addresses: a name is not looked up. */
  private static boolean isLoopback(String name) {
    if (!name.matches("[0-9.]+|\\[[0-9a-fA-F:.]+]")) {
      return false;
    }
    try {
      return InetAddress.getByName(name).isLoopbackAddress();
    } catch (UnknownHostException odd) {
      return false;
    }
  }

  private static Optional<Refusal> refused(int status, String why) {
    return Optional.of(new Refusal(status, why));
  }
}
