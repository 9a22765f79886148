package dev.pyvisor.tool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.testing.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolFolderTest {
  @TempDir Path parent;

  @Test
  @Rule("C97a")
  void it_is_private_has_a_place_for_each_file_and_goes_with_all_of_them() throws IOException {
    try (ToolFolder folder = new ToolFolder(parent)) {
      assertThat(parent).as("nobody has asked for a place").isEmptyDirectory();
      Path one = Files.writeString(folder.forOneFile().resolve("x"), "1");
      Path two = Files.writeString(folder.forOneFile().resolve("x"), "2");
      assertThat(one).hasContent("1");
      assertThat(two).hasContent("2");
      Path own = one.getParent().getParent();
      assertThat(own).isEqualTo(two.getParent().getParent()).hasParent(parent);
      assertThat(Files.getPosixFilePermissions(own))
          .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }
    assertThat(parent).isEmptyDirectory();
  }

  /** What a tool has returned counts, though its files cannot be removed. */
  @Test
  @Rule("C97a")
  void a_removal_that_fails_is_tried_once_and_thrown_at_nobody() throws IOException {
    List<Path> tried = new ArrayList<>();
    try (ToolFolder folder =
        new ToolFolder(
            parent,
            own -> {
              tried.add(own);
              return Optional.of(new IOException("busy"));
            })) {
      folder.forOneFile();
    }
    assertThat(parent).isDirectoryContaining(own -> tried.equals(List.of(own)));
  }
}
