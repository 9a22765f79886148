package dev.pyvisor.internal;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The hash of files.
 *
 * <p>Immutable.
 */
final class Hashes {
  private Hashes() {}

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java has it", impossible);
    }
  }
}
