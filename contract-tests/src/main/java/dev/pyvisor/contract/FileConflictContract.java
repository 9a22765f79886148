package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.Transfer;
import dev.pyvisor.WorkspaceFiles;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files that may not be read, that there is no room for, that others write at the same moment: each
 * time whole, or not at all.
 */
@OneBackend
@Needs(Capability.FILES)
public interface FileConflictContract extends RunnerContract {

  /** Who is root reads everything, so each side is asked what it can read. */
  @Test
  @Rule({"C92", "FIL-4"})
  default void what_may_not_be_read_is_refused_on_either_side(@TempDir Path folder)
      throws Exception {
    Path locked = Files.writeString(folder.resolve("locked-here"), "x");
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("---------"));
    Path target = folder.resolve("target");
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute(FileRefusalContract.WORKSPACE);
      boolean read = !refused(() -> session.files().collect("locked", target), "locked");
      assertThat(session.execute("print(os.access('locked', os.R_OK))").stdoutText())
          .isEqualTo(read ? "True\n" : "False\n");
      assertThat(Files.exists(target)).isEqualTo(read);
      boolean put = !refused(() -> session.files().put(locked, "put"), locked.toString());
      assertThat(Files.isReadable(locked)).isEqualTo(put);
      assertThat(session.execute("print(os.path.exists('put'))").stdoutText())
          .isEqualTo(put ? "True\n" : "False\n");
    }
  }

  private static boolean refused(Runnable verb, String path) {
    CallFailed refused = catchThrowableOfType(CallFailed.class, verb::run);
    if (refused != null) {
      assertThat(refused.code()).isEqualTo(ErrorCode.FILE_REFUSED);
      assertThat(refused).hasMessageContaining(path);
    }
    return refused != null;
  }

  @Test
  @Rule({"C92", "FIL-8"})
  @Needs(Capability.LIMITS)
  default void more_than_the_workspace_may_have_is_refused_before_a_byte_is_sent(
      @TempDir Path folder) throws Exception {
    Path file = Files.write(folder.resolve("file"), new byte[2 << 20]);
    List<Long> told = new ArrayList<>();
    try (SupervisorClient client =
        OpenClients.open(client().limits(limits -> limits.withWorkspace(1 << 20)))) {
      Session session = client.session();
      Transfer how = Transfer.plain().listener((path, bytes, total) -> told.add(bytes));
      CallFailed refused =
          catchThrowableOfType(CallFailed.class, () -> session.files().put(file, "new/file", how));
      assertThat(refused.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
      assertThat(refused).hasMessageContainingAll(String.valueOf(2 << 20), String.valueOf(1 << 20));
      assertThat(told).isEmpty();
      assertThat(session.files().list("")).isEmpty();
      assertThat(session.execute("import os; print(os.listdir())").stdoutText()).isEqualTo("[]\n");
    }
  }

  @Test
  @Rule({"FIL-5", "C109"})
  default void of_several_at_once_under_one_name_one_is_there_whole(@TempDir Path folder)
      throws Exception {
    int count = 8;
    Path here = folder.resolve("here/target");
    try (SupervisorClient client = open()) {
      Session session = client.session();
      WorkspaceFiles files = session.files();
      List<CompletableFuture<Void>> puts = new ArrayList<>();
      List<CompletableFuture<Void>> collects = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        Path file = Files.writeString(folder.resolve("in" + i), String.valueOf(i).repeat(100_000));
        puts.add(files.putAsync(file, "same", Transfer.plain()));
      }
      int put = onlyOne(puts);
      for (int i = 0; i < count; i++) {
        files.put(folder.resolve("in" + i), "out" + i);
      }
      for (int i = 0; i < count; i++) {
        collects.add(files.collectAsync("out" + i, here, Transfer.plain()));
      }
      int collected = onlyOne(collects);
      assertThat(here).hasContent(String.valueOf(collected).repeat(100_000));
      assertThat(Folders.names(folder.resolve("here"))).containsExactly("target");
      files.collect("same", folder.resolve("same"));
      assertThat(folder.resolve("same")).hasContent(String.valueOf(put).repeat(100_000));
      assertThat(files.list("")).hasSize(count + 1);
    }
  }

  private static int onlyOne(List<CompletableFuture<Void>> all) {
    List<Integer> won = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      Throwable failure = all.get(i).handle((nothing, problem) -> problem).join();
      if (failure == null) {
        won.add(i);
      } else {
        assertThat(failure)
            .isInstanceOfSatisfying(
                CallFailed.class, lost -> assertThat(lost.code()).isEqualTo(ErrorCode.FILE_EXISTS));
      }
    }
    assertThat(won).hasSize(1);
    return won.get(0);
  }

  /** Of a directory the whole transfer is refused, whichever of its files it is. */
  @Test
  @Rule({"FIL-4", "FIL-6"})
  default void a_directory_that_loses_a_file_while_it_is_copied_is_refused(@TempDir Path folder)
      throws Exception {
    Path tree = Files.createDirectory(folder.resolve("tree"));
    Files.write(tree.resolve("a"), new byte[FileContract.LARGE]);
    Files.write(tree.resolve("z"), new byte[FileContract.LARGE]);
    try (SupervisorClient client = open()) {
      Session session = client.session();
      WorkspaceFiles files = session.files();
      files.put(tree, "tree");
      Transfer loses =
          Transfer.plain()
              .listener(
                  (path, bytes, total) ->
                      session.execute(
                          "import os\nif os.path.exists('tree/z'): os.remove('tree/z')"));
      CallFailed gone =
          catchThrowableOfType(
              CallFailed.class, () -> files.collect("tree", folder.resolve("new/copy"), loses));
      assertThat(gone.code()).isEqualTo(ErrorCode.FILE_NOT_FOUND);
      assertThat(gone).hasMessageContaining("'tree/z'");
      assertThat(folder.resolve("new")).doesNotExist();

      Transfer losesHere =
          Transfer.plain()
              .listener(
                  (path, bytes, total) -> {
                    try {
                      Files.deleteIfExists(tree.resolve("z"));
                    } catch (IOException problem) {
                      throw new UncheckedIOException(problem);
                    }
                  });
      CallFailed goneHere =
          catchThrowableOfType(CallFailed.class, () -> files.put(tree, "new/copy", losesHere));
      assertThat(goneHere.code()).isEqualTo(ErrorCode.FILE_NOT_FOUND);
      assertThat(goneHere).hasMessageContaining(tree.resolve("z").toString());
      assertThat(session.execute("print(sorted(os.listdir()))").stdoutText())
          .isEqualTo("['tree']\n");
    }
  }
}
