package dev.pyvisor.config;

/**
 * What holds for one key, for people to read.
 *
 * <p>Immutable.
 *
 * @param value in its one form; where it is secret, only that it is there
 */
public record Setting(String key, String value, Origin origin) {
  static final String SECRET = "(not shown)";
}
