package dev.pyvisor.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file of a token on file systems other than that of the machine. */
class TokenFileTest {
  private static final String TOKEN = "correct-horse-battery-staple-0123456789";

  @TempDir Path folder;

  @Test
  void where_the_file_system_knows_no_posix_permissions_it_is_taken() throws IOException {
    try (FileSystem without = zip(Map.of("create", "true"))) {
      assertThat(without.supportedFileAttributeViews()).doesNotContain("posix");
      Path file = Files.writeString(without.getPath("/token"), TOKEN + "\r\n");
      assertThat(TokenFile.read(file)).isEqualTo(TOKEN);
    }
  }

  @Test
  void there_too_what_is_no_token_is_refused_and_not_repeated() throws IOException {
    try (FileSystem without = zip(Map.of("create", "true"))) {
      Path file = Files.writeString(without.getPath("/token"), "short");
      assertThatThrownBy(() -> TokenFile.read(file))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("/token holds 5 characters")
          .hasMessageNotContaining("short");
    }
  }

  @Test
  void where_the_file_system_knows_them_they_are_looked_at() throws IOException {
    try (FileSystem with = zip(Map.of("create", "true", "enablePosixFileAttributes", "true"))) {
      Path file = Files.writeString(with.getPath("/token"), TOKEN);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
      assertThatThrownBy(() -> TokenFile.read(file))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("chmod 600 /token");
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      assertThat(TokenFile.read(file)).isEqualTo(TOKEN);
    }
  }

  private FileSystem zip(Map<String, String> how) throws IOException {
    return FileSystems.newFileSystem(URI.create("jar:" + folder.resolve("files.zip").toUri()), how);
  }
}
