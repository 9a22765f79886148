package dev.pyvisor.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Defaults;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(ReplaceUnderscores.class)
class DirectoryRemovalTest {
  @TempDir Path folder;
  private Path directory;
  private Path outside;
  private Path sentinel;

  @BeforeEach
  void make() throws IOException {
    directory = Files.createDirectories(folder.resolve("private"));
    outside = Files.createDirectories(folder.resolve("outside"));
    sentinel = Files.writeString(outside.resolve("sentinel"), "precious");
  }

  @Test
  void all_that_is_in_a_directory_is_removed_with_it_and_no_link_is_followed() throws Exception {
    Path deep = Files.createDirectories(directory.resolve("a/b/c"));
    Files.writeString(deep.resolve("file"), "1");
    Files.createSymbolicLink(deep.resolve("to folder"), outside);
    Files.createSymbolicLink(directory.resolve("to file"), sentinel);
    Files.createSymbolicLink(directory.resolve("to nothing"), Path.of("nothing"));
    Files.createLink(directory.resolve("pipe"), pipe());
    Path closed = Files.createDirectories(directory.resolve("closed/in"));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("---------"));
    Path unwritable = Files.createDirectories(directory.resolve("unwritable/in")).getParent();
    Files.setPosixFilePermissions(unwritable, PosixFilePermissions.fromString("r-xr-xr-x"));

    assertThat(DirectoryRemoval.of(directory)).isEmpty();
    assertThat(directory).doesNotExist();
    assertThat(sentinel).hasContent("precious");
    assertThat(DirectoryRemoval.of(directory)).as("what is gone already").isEmpty();
  }

  @Test
  void a_link_in_the_place_of_the_directory_itself_is_removed_alone() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), outside);

    assertThat(DirectoryRemoval.of(link)).isEmpty();
    assertThat(Files.exists(link, LinkOption.NOFOLLOW_LINKS)).isFalse();
    assertThat(sentinel).exists();
  }

  @Test
  void directories_in_very_many_others_are_removed_and_few_are_held_at_once() throws IOException {
    Path chain = Files.createDirectories(folder.resolve("chain"));
    Path next = folder.resolve("next");
    // Longer than any path may be: so it is made from within.
    for (int i = 0; i < 2_000; i++) {
      Files.createDirectory(next);
      Files.move(chain, next.resolve("in"));
      Files.move(next, chain);
    }
    Files.move(chain, directory.resolve("chain"));

    AtomicInteger held = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Optional<IOException> left =
        removing(
            (use, name) -> {
              if (use.equals("open")) {
                most.accumulateAndGet(held.incrementAndGet(), Math::max);
              } else if (use.equals("close")) {
                held.decrementAndGet();
              }
            });
    assertThat(left).isEmpty();
    assertThat(directory).doesNotExist();
    assertThat(most.get()).isEqualTo(Defaults.REMOVAL_DEPTH + 1);
  }

  @Test
  void code_that_puts_a_link_in_the_place_of_a_directory_before_it_is_opened_gains_nothing()
      throws IOException {
    Path swapped = planted();
    removed("open", () -> Files.createSymbolicLink(aside(swapped), outside));
    assertThat(sentinel).hasContent("precious");
  }

  /** The control: with a look and an opening by path the same swap removes what is elsewhere. */
  @Test
  void a_removal_by_path_is_led_astray_by_the_same_swap() throws IOException {
    Path swapped = planted();
    removeByPath(swapped, () -> Files.createSymbolicLink(aside(swapped), outside));
    assertThat(sentinel).doesNotExist();
  }

  @Test
  void the_same_holds_for_a_link_that_comes_before_an_empty_directory_is_removed()
      throws IOException {
    Path swapped = planted();
    Path empty = Files.createDirectories(folder.resolve("empty"));
    removed("delete directory", () -> Files.createSymbolicLink(aside(swapped), empty));
    assertThat(empty).exists();
  }

  @Test
  void another_directory_that_comes_in_its_place_is_removed_in_its_turn() throws IOException {
    Path swapped = planted();
    removed("open", () -> Files.createDirectories(aside(swapped).resolve("a/b")));
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void a_pipe_in_the_place_of_a_directory_is_not_waited_for() throws Exception {
    Path swapped = planted();
    Path pipe = pipe();
    removed("open", () -> Files.createLink(aside(swapped), pipe));
  }

  @Test
  void code_that_fills_a_directory_again_and_again_is_given_up_with_the_reason()
      throws IOException {
    Path swapped = planted();
    Optional<IOException> left =
        removing(
            (use, name) -> {
              if (use.equals("delete directory") && name.equals("swapped")) {
                Files.writeString(swapped.resolve("again"), "1");
              }
            });
    assertThat(left.orElseThrow()).isInstanceOf(DirectoryNotEmptyException.class);
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void what_cannot_be_removed_is_tried_a_few_times_however_deep_it_is_and_keeps_nothing_else()
      throws IOException {
    Path deep = directory;
    for (int i = 0; i < 40; i++) {
      deep = Files.createDirectories(deep.resolve("in"));
      Files.createDirectories(deep.resolve("beside"));
    }
    Path stuck = Files.writeString(deep.resolve("stuck"), "1");
    AtomicInteger tries = new AtomicInteger();
    Optional<IOException> left =
        removing(
            (use, name) -> {
              if (name.equals("stuck")) {
                tries.incrementAndGet();
                throw new FileSystemException("stuck");
              }
            });
    assertThat(left.orElseThrow()).hasMessage("stuck");
    assertThat(tries).hasValue(Defaults.REMOVAL_TRIES);
    try (Stream<Path> all = Files.walk(directory)) {
      assertThat(all).hasSize(42).contains(stuck);
    }
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void code_that_fills_every_directory_again_costs_few_tries_of_all() throws IOException {
    Path deep = directory;
    for (int i = 0; i < 40; i++) {
      deep = Files.createDirectories(deep.resolve("in" + i));
    }
    Map<String, Integer> filled = new HashMap<>();
    AtomicInteger uses = new AtomicInteger();
    removing(
        (use, name) -> {
          uses.incrementAndGet();
          // Once more may be the last time: the directory is left alone at the third try.
          if (use.equals("delete directory")
              && name.startsWith("in")
              && !name.equals("in40")
              && filled.merge(name, 1, Integer::sum) % Defaults.REMOVAL_TRIES != 0) {
            refill(name);
          }
        });
    assertThat(uses.get()).isLessThan(20_000);
    assertThat(filled.values().stream().mapToInt(count -> count).sum()).isGreaterThan(100);
  }

  @Test
  void what_cannot_be_removed_is_told() {
    assertThat(DirectoryRemoval.of(Path.of("/proc/self/task")).orElseThrow())
        .isInstanceOf(FileSystemException.class);
  }

  @Test
  void a_file_system_that_holds_no_directory_open_is_cleared_by_path() throws IOException {
    Path archive = folder.resolve("archive.zip");
    try (FileSystem zip = FileSystems.newFileSystem(archive, Map.of("create", "true"))) {
      Path inside = Files.createDirectories(zip.getPath("/private/a/b"));
      Files.writeString(inside.resolve("file"), "1");
      assertThat(DirectoryRemoval.of(zip.getPath("/private"))).isEmpty();
      assertThat(zip.getPath("/private")).doesNotExist();
    }
  }

  private Path planted() throws IOException {
    Path swapped = Files.createDirectories(directory.resolve("swapped"));
    Files.writeString(swapped.resolve("sentinel"), "its own");
    return swapped;
  }

  /** Moves a directory out of the way; then its name is free. */
  private Path aside(Path swapped) throws IOException {
    Files.move(swapped, directory.resolve("aside"));
    return swapped;
  }

  /** All is gone in the end, though code has done that once, just before that use of its name. */
  private void removed(String moment, Swap swap) throws IOException {
    AtomicBoolean done = new AtomicBoolean();
    Optional<IOException> left =
        removing(
            (use, name) -> {
              if (use.equals(moment) && name.equals("swapped") && done.compareAndSet(false, true)) {
                swap.make();
              }
            });
    assertThat(done).as("the code had its chance").isTrue();
    assertThat(left).isEmpty();
    assertThat(directory).doesNotExist();
  }

  /** Makes a directory in the one of that name, which is the deepest that there is. */
  private void refill(String name) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      Path found =
          all.filter(path -> path.getFileName().toString().equals(name)).findFirst().orElseThrow();
      Files.createDirectories(found.resolve("in" + (Integer.parseInt(name.substring(2)) + 1)));
    }
  }

  private Optional<IOException> removing(WatchedDirectory.Code code) throws IOException {
    try (DirectoryStream<Path> held = Files.newDirectoryStream(folder)) {
      return DirectoryRemoval.of(
          new WatchedDirectory((SecureDirectoryStream<Path>) held, code), directory);
    }
  }

  private Path pipe() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    return pipe;
  }

  /** As walks of a tree do it: a look at a name, then its opening. */
  private static void removeByPath(Path path, Swap between) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      between.make();
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
        for (Path entry : entries) {
          Files.delete(entry);
        }
      }
    }
    Files.delete(path);
  }

  /** What code does to a name. */
  private interface Swap {
    void make() throws IOException;
  }
}
