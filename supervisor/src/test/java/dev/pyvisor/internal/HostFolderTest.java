package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.testing.Rule;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostFolderTest {
  @TempDir Path directory;

  @Test
  @Rule("FIL-5")
  void a_file_that_has_come_meanwhile_is_not_replaced() throws IOException {
    Path staged = Files.writeString(directory.resolve("staged"), "ours");
    Path target = Files.writeString(directory.resolve("target"), "another's");
    try (HostFolder folder = HostFolder.open(directory)) {
      assertThatThrownBy(() -> folder.renameToNew("staged", "target"))
          .isInstanceOf(FileAlreadyExistsException.class);
      assertThat(target).hasContent("another's");
      assertThat(staged).hasContent("ours");

      folder.renameToNew("staged", "free");
      assertThat(directory.resolve("free")).hasContent("ours");
      assertThat(staged).doesNotExist();
    }
  }
}
