package dev.pyvisor.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Defaults;
import dev.pyvisor.testing.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvidenceDirectoryTest {
  private static final Instant NOON = Instant.parse("2026-11-21T12:00:00.123Z");

  @TempDir Path temporary;
  private Path base;
  private EvidenceDirectory directory;

  @BeforeEach
  void locate() {
    base = temporary.resolve("not/yet/there");
    directory = new EvidenceDirectory(base);
  }

  @Test
  @Rule("H36")
  void a_folder_is_named_after_its_time_and_its_runner_and_is_private() throws IOException {
    Path folder = directory.create("0a1b2c3d", NOON);
    assertThat(folder).isEqualTo(base.resolve("20261121-120000-123-0a1b2c3d"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
        .isEqualTo("rwx------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(base)))
        .isEqualTo("rwx------");
    assertThat(directory.create("0a1b2c3d", NOON).getFileName())
        .hasToString("20261121-120000-123-0a1b2c3d-1");
    assertThat(directory.create("0a1b2c3d.2/../x", NOON).getFileName())
        .hasToString("20261121-120000-123-0a1b2c3d-2-x");
  }

  @Test
  void the_newest_are_kept_and_nothing_else_is_touched() throws IOException {
    Files.createDirectories(base);
    Path elsewhere = Files.createDirectory(temporary.resolve("elsewhere"));
    Files.writeString(elsewhere.resolve("precious"), "data");
    Path link = Files.createSymbolicLink(base.resolve("20200101-000000-000-aaaaaaaa"), elsewhere);
    Path foreign = Files.createDirectory(base.resolve("mine"));
    for (int i = 0; i < Defaults.EVIDENCE_KEPT + 5; i++) {
      Path folder = directory.create("0a1b2c3d", NOON.plusMillis(i));
      Files.writeString(folder.resolve("verdict.txt"), "idle");
    }
    List<Path> left;
    try (Stream<Path> entries = Files.list(base)) {
      left =
          entries.filter(entry -> !entry.equals(link) && !entry.equals(foreign)).sorted().toList();
    }
    assertThat(left).hasSize(Defaults.EVIDENCE_KEPT);
    assertThat(left.get(0).getFileName()).hasToString("20261121-120000-128-0a1b2c3d");
    assertThat(elsewhere.resolve("precious")).exists();
    assertThat(foreign).exists();
  }

  @Test
  void a_directory_that_others_may_write_to_is_refused_with_the_fix() throws IOException {
    Files.createDirectories(base);
    Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatThrownBy(() -> directory.create("0a1b2c3d", NOON))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(base.toString())
        .hasMessageContaining("rwxrwxrwx")
        .hasMessageContaining("evidenceDirectory(...)");
  }

  @Test
  void a_link_in_its_place_is_refused() throws IOException {
    Path elsewhere = Files.createDirectory(temporary.resolve("elsewhere"));
    Files.createDirectories(base.getParent());
    Files.createSymbolicLink(base, elsewhere);
    assertThatThrownBy(() -> directory.create("0a1b2c3d", NOON)).isInstanceOf(IOException.class);
    assertThat(elsewhere).isEmptyDirectory();
  }

  @Test
  void a_file_in_its_place_is_refused_with_the_fix_and_stays() throws IOException {
    Files.createDirectories(base.getParent());
    Files.writeString(base, "data");
    assertThatThrownBy(() -> directory.create("0a1b2c3d", NOON))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(base + " is no directory")
        .hasMessageContaining("evidenceDirectory(...)");
    assertThat(base).hasContent("data");
  }
}
