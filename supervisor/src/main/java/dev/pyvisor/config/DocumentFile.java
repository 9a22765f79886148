package dev.pyvisor.config;

import dev.pyvisor.Defaults;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * The text of a document on disk.
 *
 * <p>Immutable.
 */
final class DocumentFile {
  private DocumentFile() {}

  static String text(Path file) {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(Defaults.CONFIGURATION_BYTES + 1);
    } catch (NoSuchFileException missing) {
      throw refused(file, "there is no such file");
    } catch (IOException failed) {
      throw refused(
          file, Files.isDirectory(file) ? "is a directory; name a file in it" : "cannot be read");
    }
    if (bytes.length > Defaults.CONFIGURATION_BYTES) {
      throw refused(file, tooLarge());
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException odd) {
      throw refused(file, "is not written in UTF-8; save it so");
    }
  }

  static String tooLarge() {
    return "is larger than "
        + Defaults.CONFIGURATION_BYTES / 1024
        + " KiB, which no configuration is; name the right file";
  }

  private static ConfigurationException refused(Path file, String why) {
    return new ConfigurationException(List.of(Quote.plain(file + ": " + why)));
  }
}
