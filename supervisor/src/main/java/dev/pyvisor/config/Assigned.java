package dev.pyvisor.config;

/**
 * A key with its value in its one form, and where it was written.
 *
 * <p>Immutable.
 */
record Assigned(ConfigKey key, String value, Origin origin) {
  Setting shown() {
    return new Setting(key.name(), key.secret() ? Setting.SECRET : value, origin);
  }
}
