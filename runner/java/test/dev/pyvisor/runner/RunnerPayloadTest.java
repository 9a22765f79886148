package dev.pyvisor.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunnerPayloadTest {
  @TempDir Path scratch;
  private Path cache;

  @BeforeEach
  void chooseCache() {
    cache = scratch.resolve("cache");
  }

  @Test
  void unpacking_twice_gives_the_same_private_folder_and_leaves_no_scrap() throws IOException {
    Path first = RunnerPayload.unpack(cache);
    Path second = RunnerPayload.unpack(cache);

    assertThat(second).isEqualTo(first);
    assertThat(first.resolve("__main__.py")).isRegularFile();
    assertThat(first.resolve("_runner/frames.py")).isRegularFile();
    assertThat(Files.getPosixFilePermissions(cache))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    try (Stream<Path> entries = Files.list(cache)) {
      assertThat(entries).containsExactly(first);
    }
  }

  /** What depends on the machine or on the moment would make two builds differ. */
  @Test
  void the_payload_is_the_sources_in_one_order_with_one_time_and_one_mode() throws IOException {
    Path sources = Path.of(System.getProperty("pyvisor.root"), "runner/src");
    List<String> expected;
    try (Stream<Path> modules = Files.list(sources.resolve("_runner"))) {
      expected =
          Stream.concat(Stream.of(sources.resolve("__main__.py")), modules)
              .filter(file -> file.toString().endsWith(".py"))
              .map(file -> sources.relativize(file).toString())
              .sorted()
              .toList();
    }
    Path payload = Files.write(scratch.resolve("runner.pyz"), RunnerPayload.bytes());
    List<String> files = new ArrayList<>();
    try (ZipFile zip = new ZipFile(payload.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        assertThat(entry.getTimeLocal()).as(entry.getName()).isEqualTo("2026-01-01T00:00:00");
        assertThat(entry.getExtra()).as(entry.getName()).isNull();
        if (!entry.isDirectory()) {
          files.add(entry.getName());
          assertThat(zip.getInputStream(entry))
              .hasSameContentAs(Files.newInputStream(sources.resolve(entry.getName())));
        }
      }
    }
    assertThat(files).isEqualTo(expected);
    try (FileSystem zip =
        FileSystems.newFileSystem(payload, Map.of("enablePosixFileAttributes", "true"))) {
      for (String file : files) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(zip.getPath(file))))
            .isEqualTo("rw-r--r--");
      }
    }
  }

  /** Each client asks for it. */
  @Test
  void what_the_jar_holds_is_read_and_digested_once() {
    assertThat(RunnerPayload.sha256()).isSameAs(RunnerPayload.sha256());
  }

  @Test
  void a_file_that_somebody_changed_is_replaced() throws IOException {
    Path main = RunnerPayload.unpack(cache).resolve("__main__.py");
    byte[] genuine = Files.readAllBytes(main);
    Files.writeString(main, "print('not ours')\n");

    RunnerPayload.unpack(cache);

    assertThat(Files.readAllBytes(main)).isEqualTo(genuine);
  }

  @Test
  void many_threads_unpack_at_once_and_all_get_a_whole_copy() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<Path>> folders =
          threads.invokeAll(
              Stream.<Callable<Path>>generate(() -> () -> RunnerPayload.unpack(cache))
                  .limit(32)
                  .toList());
      for (Future<Path> folder : folders) {
        assertThat(folder.get().resolve("_runner/kernel.py")).isRegularFile();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void a_cache_that_others_may_write_to_is_refused_with_the_fix() throws IOException {
    Files.createDirectory(cache);
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));

    assertThatThrownBy(() -> RunnerPayload.unpack(cache))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("chmod 700 " + cache);
  }
}
