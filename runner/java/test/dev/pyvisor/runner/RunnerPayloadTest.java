package dev.pyvisor.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
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
