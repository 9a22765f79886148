package dev.pyvisor.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Text from outside; what is none is refused by the name that the user gave. */
final class TextFile {
  private TextFile() {}

  /**
   * What is in the file.
   *
   * @throws FileSystemException with its name, whatever the reason
   * @throws IllegalArgumentException when it is not UTF-8
   */
  static String read(Path file) throws IOException {
    try {
      return decoded(file.toString(), Files.readAllBytes(file));
    } catch (IOException failed) {
      throw Failures.of(file, failed);
    }
  }

  static String decoded(String name, byte[] content) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(content))
          .toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(name + " is not UTF-8 text; save it as UTF-8", e);
    }
  }
}
