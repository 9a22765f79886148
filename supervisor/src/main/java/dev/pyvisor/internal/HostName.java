package dev.pyvisor.internal;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.wire.Limits;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Names of files, as they are here and as they go over the wire.
 *
 * <p>Immutable.
 */
final class HostName {
  private static final char REPLACEMENT = '\uFFFD';

  private HostName() {}

  /** The name of a file here, for the runner: its bytes have to be UTF-8. */
  static String sent(FileCalls calls, Path file) {
    String name = String.valueOf(file.getFileName());
    if (name.indexOf(REPLACEMENT) >= 0 || !isText(name)) {
      throw calls.failed(
          ErrorCode.FILE_REFUSED,
          "the name of '" + file + "' is not UTF-8, or not in this JVM's locale; rename it");
    }
    return name;
  }

  /**
   * A name that the runner told, as one of a file in a directory here. Refused is whatever could
   * lead anywhere else, on whichever system this is.
   */
  static String checked(FileCalls calls, String name, String folder) {
    boolean bad =
        name.isEmpty()
            || name.equals(".")
            || name.equals("..")
            || name.indexOf('/') >= 0
            || name.indexOf('\0') >= 0
            || !isText(name)
            || name.getBytes(StandardCharsets.UTF_8).length > Limits.FILE_NAME
            || !name.equals(String.valueOf(Path.of(name).getFileName()))
            || Path.of(name).getNameCount() != 1
            || Path.of(name).isAbsolute();
    if (bad) {
      throw calls.failed(
          ErrorCode.FILE_REFUSED,
          "the runner tells of a file '" + shown(name) + "' in '" + folder + "', which is no name");
    }
    return name;
  }

  /** Whether it can be sent as it is. */
  static boolean isText(String name) {
    // Not of lone surrogates.
    return StandardCharsets.UTF_8.newEncoder().canEncode(name);
  }

  private static String shown(String name) {
    String plain = name.replaceAll("[^\\x20-\\x7e]", "?");
    return plain.length() <= Limits.GARBAGE_SHOWN
        ? plain
        : plain.substring(0, Limits.GARBAGE_SHOWN) + "...";
  }
}
