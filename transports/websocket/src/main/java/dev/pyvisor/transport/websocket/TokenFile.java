package dev.pyvisor.transport.websocket;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;

/**
 * What a runner knows its host by, in a file that only one user can read: arguments and the
 * environment can be read by others.
 *
 * <p>Immutable.
 */
final class TokenFile {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int RANDOM_BYTES = 32;

  private TokenFile() {}

  /** 256 random bits as text. */
  static String fresh() {
    byte[] random = new byte[RANDOM_BYTES];
    RANDOM.nextBytes(random);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
  }

  /**
   * The token in the file, without the white space around it. Where the file system knows no POSIX
   * permissions, as that of Windows, who else can read the file cannot be told, and it is taken.
   *
   * @throws IllegalArgumentException with the file, never with what is in it, and the fix
   */
  static String read(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new IllegalArgumentException(
            Files.exists(file) ? file + " is no file" : file + " is not there; name a file");
      }
      if (permissions(file).stream().anyMatch(one -> !one.name().startsWith("OWNER_"))) {
        throw new IllegalArgumentException(
            file + " can be read or written by others; chmod 600 " + file);
      }
      if (Files.size(file) > WebsocketLimits.TOKEN_FILE) {
        throw new IllegalArgumentException(
            file + " has " + Files.size(file) + " bytes; that is no token");
      }
      String token = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
      if (token.length() < WebsocketLimits.TOKEN_MIN) {
        throw new IllegalArgumentException(
            file
                + " holds "
                + token.length()
                + " characters; a token has at least "
                + WebsocketLimits.TOKEN_MIN
                + " random ones");
      }
      if (!token.chars().allMatch(one -> one > ' ' && one < 0x7f)) {
        throw new IllegalArgumentException(
            file + " holds characters that a token cannot have; letters and digits will do");
      }
      return token;
    } catch (NoSuchFileException gone) {
      throw new IllegalArgumentException(file + " is not there; name a file", gone);
    } catch (IOException problem) {
      throw new IllegalArgumentException(file + " cannot be read: " + problem, problem);
    }
  }

  /** Those that are known; none where the file system has none. */
  private static Set<PosixFilePermission> permissions(Path file) throws IOException {
    PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
    return view == null ? Set.of() : view.readAttributes().permissions();
  }
}
