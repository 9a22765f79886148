package dev.pyvisor.mcp;

import java.net.InetSocketAddress;
import java.util.Set;

/**
 * How the server listens.
 *
 * <p>Immutable.
 *
 * @param where the address and port; port 0 takes a free one
 * @param token what each request must carry, as {@code Authorization: Bearer …}
 * @param origins pages that may connect, such as {@code http://localhost:6274}; the browser names a
 *     page's, and all others are refused
 * @param reach who can reach it
 */
public record HttpSettings(
    InetSocketAddress where, String token, Set<String> origins, Reach reach) {
  /**
   * Who can reach the server.
   *
   * <p>Immutable.
   */
  public enum Reach {
    /** Programs of this machine. */
    LOOPBACK,
    /** Whoever reaches the address; what is said, the token too, can be read on the way. */
    ANYWHERE
  }

  public HttpSettings {
    origins = Set.copyOf(origins);
    if (where.isUnresolved()) {
      throw new IllegalArgumentException("the address " + where.getHostString() + " is unknown");
    }
    if (reach == Reach.LOOPBACK && !where.getAddress().isLoopbackAddress()) {
      throw new IllegalArgumentException(
          where.getHostString()
              + " is an address that others reach, and what is said there can be read and changed on"
              + " the way; listen on 127.0.0.1, behind something that speaks TLS");
    }
    if (token.length() < McpLimits.TOKEN_CHARACTERS || !token.matches("[\\x21-\\x7e]+")) {
      throw new IllegalArgumentException(
          "the token must have at least "
              + McpLimits.TOKEN_CHARACTERS
              + " characters of ASCII and no spaces; it has "
              + token.length());
    }
  }

  /** For programs of this machine, and no page. */
  public static HttpSettings local(int port, String token) {
    return new HttpSettings(
        new InetSocketAddress("127.0.0.1", port), token, Set.of(), Reach.LOOPBACK);
  }

  /** Without the token. */
  @Override
  public String toString() {
    return "HttpSettings[" + where + ", " + reach + "]";
  }
}
