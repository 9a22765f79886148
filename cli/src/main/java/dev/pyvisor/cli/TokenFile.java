package dev.pyvisor.cli;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;

/** A token in a file that only its owner can read. */
final class TokenFile {
  private static final int TOKEN_BYTES = 32;
  private static final Set<PosixFilePermission> OWN =
      Set.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private TokenFile() {}

  /** Makes it with a random token if it is not there. */
  static void make(Path file) throws IOException {
    try {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (FileAlreadyExistsException given) {
      return;
    }
    byte[] random = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(random);
    Files.writeString(file, Base64.getUrlEncoder().withoutPadding().encodeToString(random) + "\n");
  }

  /**
   * The token in it.
   *
   * @throws IllegalArgumentException when others can read it
   */
  static String read(Path file) throws IOException {
    Set<PosixFilePermission> rights = Files.getPosixFilePermissions(file);
    if (!OWN.containsAll(rights)) {
      throw new IllegalArgumentException(
          file
              + " can be read or changed by others ("
              + PosixFilePermissions.toString(rights)
              + "); chmod 600 it, and put another token there");
    }
    return TextFile.read(file).strip();
  }
}
