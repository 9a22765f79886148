package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.Transfer;
import dev.pyvisor.WorkspaceFile;
import dev.pyvisor.WorkspaceFiles;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Core;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files go into a workspace and come out of it: whole, or not at all. */
@Core(from = Tier.WIDE)
@Needs(Capability.FILES)
public interface FileContract extends RunnerContract {
  int LARGE = 3 * 1024 * 1024 + 17;

  @Test
  @Rule({"C92", "C93", "C28", "FIL-4"})
  default void a_file_makes_the_round_trip_through_a_cell(@TempDir Path folder) throws IOException {
    Path input = Files.writeString(folder.resolve("input.txt"), "hello");
    try (SupervisorClient client = open()) {
      Session session = client.session();
      WorkspaceFiles files = session.files();
      files.put(input, "input/source/input.txt");
      files.mkdir("output/result");
      session.set("path", "input/source/input.txt");
      session.execute(
          "text = open(path).read() + ' world'; open('output/result/out.txt', 'w').write(text)");

      assertThat(files.list("output"))
          .containsExactly(new WorkspaceFile("output/result/out.txt", 11));
      files.collect("output/result/out.txt", folder.resolve("new/folder/out.txt"));
      assertThat(folder.resolve("new/folder/out.txt")).hasContent("hello world");
      assertThat(Folders.names(folder))
          .containsExactly("input.txt", "new", "new/folder", "new/folder/out.txt");
      assertThat(session.execute("import os; print(sorted(os.listdir()))").stdoutText())
          .isEqualTo("['input', 'output']\n");
    }
  }

  @Test
  @Rule({"C96c", "C96", "C96d", "FIL-2"})
  default void a_directory_comes_and_goes_with_all_that_is_in_it(@TempDir Path folder)
      throws IOException {
    Path source = Files.createDirectories(folder.resolve("source/deep/er"));
    byte[] large = new byte[LARGE];
    new Random(7).nextBytes(large);
    Files.write(source.resolve("large.bin"), large);
    Files.createDirectory(folder.resolve("source/empty"));
    Files.writeString(folder.resolve("source/größe データ.txt"), "ü");
    Path tool = Files.writeString(folder.resolve("source/tool.sh"), "#!/bin/sh\n");
    assertThat(tool.toFile().setExecutable(true)).isTrue();
    Files.setLastModifiedTime(tool, FileTime.fromMillis(1_000_000_123));
    try (SupervisorClient client = open()) {
      WorkspaceFiles files = client.session().files();
      List<Long> told = new ArrayList<>();
      files.put(
          folder.resolve("source"),
          "data",
          Transfer.plain().listener((path, bytes, total) -> told.add(bytes * 10_000 / total)));
      assertThat(told).isSorted().hasSizeGreaterThan(10).endsWith(10_000L);

      assertThat(files.list(""))
          .extracting(WorkspaceFile::path)
          .containsExactly("data/deep/er/large.bin", "data/größe データ.txt", "data/tool.sh");
      assertThat(files.list("none")).isEmpty();

      told.clear();
      files.collect(
          "data",
          folder.resolve("copy"),
          Transfer.plain().listener((path, bytes, total) -> told.add(bytes * 10_000 / total)));
      assertThat(told).isSorted().hasSizeGreaterThan(10).endsWith(10_000L);
    }
    assertThat(Folders.names(folder.resolve("copy")))
        .isEqualTo(Folders.names(folder.resolve("source")));
    assertThat(folder.resolve("copy/deep/er/large.bin")).hasBinaryContent(large);
    assertThat(Files.getLastModifiedTime(folder.resolve("copy/tool.sh")).toMillis())
        .isEqualTo(1_000_000_123);
    assertThat(folder.resolve("copy/tool.sh")).isExecutable();
    assertThat(folder.resolve("copy/deep/er/large.bin").toFile().canExecute()).isFalse();
  }

  @Test
  @Rule({"FIL-5", "FIL-4"})
  default void what_is_there_stays_unless_it_is_to_be_replaced(@TempDir Path folder)
      throws IOException {
    Path file = Files.writeString(folder.resolve("new.txt"), "new");
    Path there = Files.writeString(folder.resolve("there.txt"), "old");
    Path directory = Files.createDirectory(folder.resolve("there"));
    try (SupervisorClient client = open()) {
      Session session = client.session();
      WorkspaceFiles files = session.files();
      session.execute("import os; open('f', 'w').write('old'); os.mkdir('d')");

      refused(ErrorCode.FILE_EXISTS, () -> files.put(file, "f"), "'f'", "replaced");
      refused(
          ErrorCode.FILE_EXISTS, () -> files.put(file, "d", Transfer.plain().replacing()), "'d'");
      refused(ErrorCode.FILE_EXISTS, () -> files.put(directory, "d"), "'d'");
      refused(ErrorCode.FILE_EXISTS, () -> files.collect("f", there), "there.txt", "replaced");
      refused(
          ErrorCode.FILE_EXISTS,
          () -> files.collect("f", directory, Transfer.plain().replacing()),
          "there'");
      refused(ErrorCode.FILE_EXISTS, () -> files.collect("d", directory), "there'");
      assertThat(there).hasContent("old");
      assertThat(session.execute("print(open('f').read())").stdoutText()).isEqualTo("old\n");

      files.collect("f", file, Transfer.plain().replacing());
      assertThat(file).hasContent("old");
      Files.writeString(file, "newer");
      files.put(file, "f", Transfer.plain().replacing());
      assertThat(session.execute("print(open('f').read(), sorted(os.listdir()))").stdoutText())
          .isEqualTo("newer ['d', 'f']\n");
    }
    assertThat(Folders.names(folder)).containsExactly("new.txt", "there", "there.txt");
  }

  @Test
  @Rule({"C96b", "FIL-1"})
  default void what_leads_out_of_the_workspace_or_is_no_file_is_refused(@TempDir Path folder)
      throws IOException {
    Path file = Files.writeString(folder.resolve("f"), "x");
    try (SupervisorClient client = open()) {
      Session session = client.session();
      WorkspaceFiles files = session.files();
      session.execute(
          """
          import os
          os.symlink('/etc', 'etc')
          os.symlink('/etc/passwd', 'passwd')
          os.mkfifo('fifo')
          os.makedirs('tree/below')
          os.symlink('/etc/passwd', 'tree/below/link')
          """);
      Path target = folder.resolve("collected");
      for (String path : List.of("../x", "a/../../x", "/etc/passwd", "a//b", "./a", "a/", "a\0b")) {
        refused(ErrorCode.INVALID_ARGUMENT, () -> files.collect(path, target), "path");
        refused(ErrorCode.INVALID_ARGUMENT, () -> files.put(file, path), "path");
        refused(ErrorCode.INVALID_ARGUMENT, () -> files.mkdir(path), "path");
        refused(ErrorCode.INVALID_ARGUMENT, () -> files.list(path), "path");
      }
      refused(ErrorCode.FILE_REFUSED, () -> files.collect("etc/passwd", target), "'etc'", "link");
      refused(ErrorCode.FILE_REFUSED, () -> files.collect("passwd", target), "'passwd'", "link");
      refused(ErrorCode.FILE_REFUSED, () -> files.collect("fifo", target), "'fifo'", "FIFO");
      refused(ErrorCode.FILE_REFUSED, () -> files.collect("tree", target), "'tree/below/link'");
      refused(ErrorCode.FILE_REFUSED, () -> files.put(file, "etc/new"), "'etc'", "link");
      refused(ErrorCode.FILE_REFUSED, () -> files.list("etc"), "'etc'", "link");
      refused(ErrorCode.FILE_REFUSED, () -> files.mkdir("etc/new"), "'etc'", "link");
      refused(ErrorCode.FILE_NOT_FOUND, () -> files.collect("none", target), "'none'");
      assertThat(files.list("")).isEmpty();
    }
    assertThat(Folders.names(folder)).containsExactly("f");
  }

  @Test
  @Rule({"FIL-4", "FIL-7"})
  default void what_cannot_be_put_is_refused_and_leaves_nothing(@TempDir Path folder)
      throws IOException {
    Path tree = Files.createDirectories(folder.resolve("tree/a"));
    Files.writeString(tree.resolve("f"), "x");
    Files.createSymbolicLink(tree.resolve("link"), Path.of("/etc/passwd"));
    Path named = Files.createSymbolicLink(folder.resolve("named"), tree.resolve("f"));
    try (SupervisorClient client = open()) {
      Session session = client.session();
      WorkspaceFiles files = session.files();
      refused(ErrorCode.FILE_NOT_FOUND, () -> files.put(folder.resolve("none"), "f"), "none");
      refused(ErrorCode.FILE_REFUSED, () -> files.put(folder.resolve("tree"), "t"), "link");
      refused(ErrorCode.FILE_REFUSED, () -> files.put(Path.of("/dev/null"), "n"), "/dev/null");
      files.put(named, "by-a-link-that-the-user-named");
      assertThat(session.execute("import os; print(os.listdir())").stdoutText())
          .isEqualTo("['by-a-link-that-the-user-named']\n");
      session.execute("open(b'b\\xff', 'w').close()");
      refused(ErrorCode.FILE_REFUSED, () -> files.collect("", folder.resolve("c")), "b\\xff");
    }
    assertThat(Folders.names(folder))
        .containsExactly("named", "tree", "tree/a", "tree/a/f", "tree/a/link");
  }

  @Test
  @Rule("FIL-6")
  default void a_file_that_changes_while_it_is_collected_is_refused(@TempDir Path folder)
      throws IOException {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("open('f', 'wb').write(bytes(%d))".formatted(LARGE));
      Transfer changing =
          Transfer.plain()
              .listener((path, bytes, total) -> session.execute("open('f', 'ab').write(b'more')"));
      refused(
          ErrorCode.FILE_CHANGED,
          () -> session.files().collect("f", folder.resolve("sub/f"), changing),
          "'f'",
          "changed");
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  @Rule("FIL-6")
  default void a_file_that_changes_while_it_is_put_is_refused(@TempDir Path folder)
      throws IOException {
    Path file = Files.write(folder.resolve("f"), new byte[LARGE]);
    Transfer changing =
        Transfer.plain()
            .listener(
                (path, bytes, total) -> {
                  try {
                    Files.write(file, new byte[LARGE + 1]);
                  } catch (IOException problem) {
                    throw new UncheckedIOException(problem);
                  }
                });
    try (SupervisorClient client = open()) {
      Session session = client.session();
      refused(
          ErrorCode.FILE_CHANGED, () -> session.files().put(file, "f", changing), "f'", "changed");
      assertThat(session.execute("import os; print(os.listdir())").stdoutText()).isEqualTo("[]\n");
    }
  }

  @Test
  @Rule({"C95", "W47", "FIL-9"})
  default void files_come_and_go_while_a_cell_runs(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("f"), "x");
    try (SupervisorClient client = open()) {
      Session session = client.session();
      CellRun run =
          session.start(
              Cell.of(
                  """
                  import os, time
                  open('ready', 'w').close()
                  while not os.path.exists('go'):
                      time.sleep(0.005)
                  print(open('go').read())
                  """));
      Awaitility.await().untilAsserted(() -> assertThat(session.files().list("")).hasSize(1));
      session.files().collect("ready", folder.resolve("ready"));
      assertThat(run.outcome()).isNotDone();
      session.files().put(file, "go");
      assertThat(run.outcome().join().stdoutText()).isEqualTo("x\n");
    }
    assertThat(folder.resolve("ready")).exists();
  }

  @Test
  @Rule("C109")
  default void many_at_once_reach_who_asked(@TempDir Path folder) throws IOException {
    try (SupervisorClient client = open()) {
      WorkspaceFiles files = client.session().files();
      List<CompletableFuture<Void>> all = new ArrayList<>();
      for (int number = 0; number < 24; number++) {
        Path file = Files.writeString(folder.resolve("in" + number), "content of " + number);
        Path back = folder.resolve("out" + number);
        String path = "f" + number;
        all.add(
            files
                .putAsync(file, path, Transfer.plain())
                .thenCompose(nothing -> files.collectAsync(path, back, Transfer.plain())));
      }
      all.forEach(CompletableFuture::join);
      assertThat(files.listAsync("").join()).hasSize(24);
    }
    for (int number = 0; number < 24; number++) {
      assertThat(folder.resolve("out" + number)).hasContent("content of " + number);
    }
  }

  @Test
  @Rule("C109")
  default void a_listener_of_a_transfer_cannot_wait_for_another(@TempDir Path folder)
      throws IOException {
    Path file = Files.writeString(folder.resolve("f"), "x");
    try (SupervisorClient client = open()) {
      WorkspaceFiles files = client.session().files();
      List<CompletableFuture<List<WorkspaceFile>>> listed = new ArrayList<>();
      Transfer asking =
          Transfer.plain()
              .listener(
                  (path, bytes, total) -> {
                    refused(ErrorCode.REENTRANT_CALL, () -> files.list(""), "future");
                    listed.add(files.listAsync(""));
                  });
      files.put(file, "f", asking);
      assertThat(listed).hasSize(1);
      assertThat(listed.get(0).join()).hasSizeLessThan(2);
    }
  }

  @Test
  @Rule("FIL-4")
  default void what_is_cancelled_leaves_nothing(@TempDir Path folder) throws Exception {
    Path file = Files.write(folder.resolve("f"), new byte[LARGE]);
    try (SupervisorClient client = open()) {
      Session session = client.session();
      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch cancelled = new CountDownLatch(1);
      Transfer held =
          Transfer.plain()
              .listener(
                  (path, bytes, total) -> {
                    begun.countDown();
                    try {
                      cancelled.await(10, TimeUnit.SECONDS);
                    } catch (InterruptedException stop) {
                      Thread.currentThread().interrupt();
                    }
                  });
      CompletableFuture<Void> put = session.files().putAsync(file, "new/f", held);
      assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
      put.cancel(false);
      cancelled.countDown();
      assertThatThrownBy(put::join).isInstanceOf(CancellationException.class);
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(session.execute("import os; print(os.listdir())").stdoutText())
                      .isEqualTo("[]\n"));
    }
  }

  @Test
  @Rule("FIL-4")
  default void a_client_that_is_closed_meanwhile_leaves_nothing_here(@TempDir Path folder)
      throws Exception {
    CompletableFuture<Void> collected;
    CountDownLatch begun = new CountDownLatch(1);
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("open('f', 'wb').write(bytes(%d))".formatted(LARGE));
      Transfer held =
          Transfer.plain()
              .listener(
                  (path, bytes, total) -> {
                    begun.countDown();
                    client.exited().join();
                  });
      collected = session.files().collectAsync("f", folder.resolve("sub/f"), held);
      assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(folder.resolve("sub")).isNotEmptyDirectory();
    }
    // As a rule close() has waited for that, but no longer than a second.
    Awaitility.await().untilAsserted(() -> assertThat(folder).isEmptyDirectory());
    assertThat(collected).failsWithin(Duration.ofSeconds(10));
  }

  /** The racer exchanges the two in one step, so that there is always one of them. */
  @Test
  @Rule({"C96b", "FIL-1"})
  default void a_link_that_comes_and_goes_leads_nowhere(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("f"), "put");
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome racing =
          session.execute(
              """
              import ctypes, os, threading
              os.makedirs('way'); os.makedirs('private/way'); os.symlink('private/way', 'link')
              open('way/f', 'w').write('inside'); open('private/way/f', 'w').write('behind the link')
              exchange, over = ctypes.CDLL(None).renameat2, threading.Event()
              assert exchange(-100, b'way', -100, b'link', 2) == 0
              def race():
                  while not over.is_set():
                      exchange(-100, b'way', -100, b'link', 2)
              racer = threading.Thread(target=race)
              racer.start()
              """);
      assertThat(racing.ok()).as(racing.toString()).isTrue();
      int collected = 0;
      int refused = 0;
      // As often as the racer needs to be met in both of its states: it may have to wait for a
      // core.
      for (int i = 0; i < 100 || (i < 500 && (collected == 0 || refused == 0)); i++) {
        Path target = folder.resolve("collected" + i);
        if (succeeds(() -> session.files().collect("way/f", target))) {
          assertThat(target).hasContent("inside");
          collected++;
        } else {
          refused++;
        }
        int number = i;
        succeeds(() -> session.files().put(file, "way/put" + number));
      }
      assertThat(collected).as("collected, beside " + refused + " refused").isPositive();
      assertThat(refused).as("refused, beside " + collected + " collected").isPositive();
      assertThat(
              session
                  .execute("over.set(); racer.join(); print(os.listdir('private/way'))")
                  .stdoutText())
          .isEqualTo("['f']\n");
    }
  }

  /** False where it is refused for the link. */
  private static boolean succeeds(Runnable call) {
    try {
      call.run();
      return true;
    } catch (CallFailed refused) {
      assertThat(refused.code()).isEqualTo(ErrorCode.FILE_REFUSED);
      return false;
    }
  }

  @Test
  @Rule("FIL-4")
  default void a_runner_that_dies_meanwhile_leaves_nothing_here(@TempDir Path folder)
      throws IOException {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("open('f', 'wb').write(bytes(%d))".formatted(LARGE));
      long supervisor = client.runner().pid();
      Transfer killing =
          Transfer.plain().listener((path, bytes, total) -> Processes.kill(supervisor));
      assertThatThrownBy(() -> session.files().collect("f", folder.resolve("sub/f"), killing))
          .isInstanceOf(RunnerException.class);
    }
    assertThat(folder).isEmptyDirectory();
  }

  private static void refused(ErrorCode code, ThrowingCallable call, String... words) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            CallFailed.class,
            failed -> {
              assertThat(failed.code()).as(failed.getMessage()).isEqualTo(code);
              assertThat(failed).hasMessageContainingAll(words);
            });
  }
}
