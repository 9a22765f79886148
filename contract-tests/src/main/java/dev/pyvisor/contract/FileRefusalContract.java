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
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What each verb of files is given and cannot do: an error with the path and with what to do, and
 * both sides as they were.
 */
@OneBackend
@Needs(Capability.FILES)
public interface FileRefusalContract extends RunnerContract {
  /** One byte more than a transfer may have; no block of it is on a disk. */
  long TOO_LARGE = 4L * 1024 * 1024 * 1024 + 1;

  int DEEP = 66;

  /** What there is in the workspace, with sizes. */
  String STATE =
      """
      import os
      state = []
      for folder, _, names in os.walk(b'.'):
          state.append(folder)
          state += [(os.path.join(folder, name), os.lstat(os.path.join(folder, name)).st_size) for name in names]
      print(sorted(map(repr, state)))
      """;

  String WORKSPACE =
      """
      import os
      os.makedirs('folder/below')
      open('file.txt', 'w').write('here')
      os.makedirs('odd')
      open(b'odd/b\\xff', 'w').close()
      os.truncate(os.open('large', os.O_CREAT | os.O_WRONLY), %d)
      deep = os.getcwd()
      for _ in range(%d):
          deep += '/d'
          os.mkdir(deep)
      open('locked', 'w').close()
      os.chmod('locked', 0)
      """
          .formatted(TOO_LARGE, DEEP);

  /** One thing that is refused. */
  record Case(String what, Runnable verb, ErrorCode code, String... words) {}

  @Test
  @Rule({"C92", "FIL-1", "FIL-4", "FIL-5", "FIL-7", "FIL-8"})
  default void what_cannot_be_put_is_told_with_its_path_and_leaves_both_sides_as_they_were(
      @TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "new");
    Path tree = Files.createDirectories(folder.resolve("tree/below")).getParent();
    Path large = folder.resolve("large");
    try (RandomAccessFile sparse = new RandomAccessFile(large.toFile(), "rw")) {
      sparse.setLength(TOO_LARGE);
    }
    Path deep = Files.createDirectories(folder.resolve("deep" + "/d".repeat(DEEP)));
    Path odd = Files.createDirectory(folder.resolve("odd"));
    int status =
        new ProcessBuilder("sh", "-c", "touch \"$(printf 'b\\377')\"")
            .directory(odd.toFile())
            .start()
            .waitFor();
    assertThat(status).isZero();
    Transfer replacing = Transfer.plain().replacing();
    try (SupervisorClient client = open()) {
      Session session = client.session();
      WorkspaceFiles files = session.files();
      List<Case> cases =
          List.of(
              new Case(
                  "what is not there",
                  () -> files.put(folder.resolve("none"), "x"),
                  ErrorCode.FILE_NOT_FOUND,
                  folder.resolve("none").toString(),
                  "not there on this machine"),
              new Case(
                  "what is below a file",
                  () -> files.put(file.resolve("x"), "x"),
                  ErrorCode.FILE_REFUSED,
                  file.resolve("x").toString()),
              new Case(
                  "a file where a directory is",
                  () -> files.put(file, "folder", replacing),
                  ErrorCode.FILE_EXISTS,
                  "'folder'",
                  "choose another name"),
              new Case(
                  "a directory where a file is",
                  () -> files.put(tree, "file.txt", replacing),
                  ErrorCode.FILE_EXISTS,
                  "'file.txt'",
                  "choose another name"),
              new Case(
                  "a directory where one is",
                  () -> files.put(tree, "folder", replacing),
                  ErrorCode.FILE_EXISTS,
                  "'folder'",
                  "choose another name"),
              new Case(
                  "below a file",
                  () -> files.put(file, "file.txt/new"),
                  ErrorCode.FILE_REFUSED,
                  "'file.txt'",
                  "is not a folder"),
              new Case(
                  "as the workspace",
                  () -> files.put(tree, ""),
                  ErrorCode.INVALID_ARGUMENT,
                  "path"),
              new Case(
                  "under a name that is too long",
                  () -> files.put(file, "x".repeat(300)),
                  ErrorCode.INVALID_ARGUMENT,
                  "255 bytes"),
              new Case(
                  "under a name that is no text",
                  () -> files.put(file, "a\ud800"),
                  ErrorCode.INVALID_ARGUMENT,
                  "path"),
              new Case(
                  "more than a transfer may have",
                  () -> files.put(large, "x"),
                  ErrorCode.MESSAGE_TOO_LARGE,
                  String.valueOf(TOO_LARGE),
                  String.valueOf(TOO_LARGE - 1)),
              new Case(
                  "what is too deep",
                  () -> files.put(folder.resolve("deep"), "x"),
                  ErrorCode.MESSAGE_TOO_LARGE,
                  deep.toString().substring(0, folder.toString().length() + 128)),
              new Case(
                  "a name that is not UTF-8",
                  () -> files.put(odd, "x"),
                  ErrorCode.FILE_REFUSED,
                  odd.toString(),
                  "rename it"));
      refuses(session, folder, cases);
      files.put(file, "after-all");
    }
  }

  @Test
  @Rule({"C92", "FIL-1", "FIL-4", "FIL-5", "FIL-7", "FIL-8"})
  default void what_cannot_be_collected_is_told_with_its_path_and_leaves_both_sides_as_they_were(
      @TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "mine");
    Path tree = Files.createDirectories(folder.resolve("tree/below")).getParent();
    Path target = folder.resolve("new/target");
    Transfer replacing = Transfer.plain().replacing();
    try (SupervisorClient client = open()) {
      Session session = client.session();
      WorkspaceFiles files = session.files();
      List<Case> cases =
          List.of(
              new Case(
                  "what is not there",
                  () -> files.collect("folder/none", target),
                  ErrorCode.FILE_NOT_FOUND,
                  "'folder/none'",
                  "file.list tells what there is"),
              new Case(
                  "what is below a file",
                  () -> files.collect("file.txt/x", target),
                  ErrorCode.FILE_REFUSED,
                  "'file.txt'",
                  "is not a folder"),
              new Case(
                  "a file where a directory is",
                  () -> files.collect("file.txt", tree, replacing),
                  ErrorCode.FILE_EXISTS,
                  tree.toString(),
                  "choose another name"),
              new Case(
                  "a directory where a file is",
                  () -> files.collect("folder", file, replacing),
                  ErrorCode.FILE_EXISTS,
                  file.toString(),
                  "choose another name"),
              new Case(
                  "a directory where one is",
                  () -> files.collect("folder", tree, replacing),
                  ErrorCode.FILE_EXISTS,
                  tree.toString(),
                  "choose another name"),
              new Case(
                  "below a file",
                  () -> files.collect("file.txt", file.resolve("x")),
                  ErrorCode.FILE_REFUSED,
                  file.toString()),
              new Case(
                  "where nobody can write",
                  () -> files.collect("file.txt", Path.of("/proc/self/task/x/y")),
                  ErrorCode.FILE_NOT_FOUND,
                  "/proc/self/task/x"),
              new Case(
                  "as no name",
                  () -> files.collect("file.txt", Path.of("/")),
                  ErrorCode.INVALID_ARGUMENT,
                  "'/' is no name for a file"),
              new Case(
                  "more than a transfer may have",
                  () -> files.collect("large", target),
                  ErrorCode.MESSAGE_TOO_LARGE,
                  "'large'",
                  String.valueOf(TOO_LARGE)),
              new Case(
                  "what is too deep",
                  () -> files.collect("d", target),
                  ErrorCode.MESSAGE_TOO_LARGE,
                  "'d/d/d"),
              new Case(
                  "a name that is not UTF-8",
                  () -> files.collect("odd", target),
                  ErrorCode.FILE_REFUSED,
                  "odd",
                  "b\\xff"));
      refuses(session, folder, cases);
      files.collect("file.txt", folder.resolve("after-all"));
    }
  }

  @Test
  @Rule({"C96", "FIL-1", "FIL-7"})
  default void what_cannot_be_listed_or_made_is_told_with_its_path(@TempDir Path folder)
      throws Exception {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      WorkspaceFiles files = session.files();
      List<Case> cases =
          List.of(
              new Case(
                  "list of a file",
                  () -> files.list("file.txt"),
                  ErrorCode.FILE_REFUSED,
                  "'file.txt'",
                  "is not a folder"),
              new Case(
                  "list below a file",
                  () -> files.list("file.txt/x"),
                  ErrorCode.FILE_REFUSED,
                  "'file.txt'",
                  "is not a folder"),
              new Case(
                  "list of a name that is not UTF-8",
                  () -> files.list("odd"),
                  ErrorCode.FILE_REFUSED,
                  "b\\xff"),
              new Case(
                  "list of what is too deep",
                  () -> files.list("d"),
                  ErrorCode.MESSAGE_TOO_LARGE,
                  "'d/d/d"),
              new Case(
                  "mkdir where a file is",
                  () -> files.mkdir("file.txt"),
                  ErrorCode.FILE_REFUSED,
                  "'file.txt'",
                  "is not a folder"),
              new Case(
                  "mkdir below a file",
                  () -> files.mkdir("file.txt/x/y"),
                  ErrorCode.FILE_REFUSED,
                  "'file.txt'",
                  "is not a folder"),
              new Case(
                  "mkdir of the workspace",
                  () -> files.mkdir(""),
                  ErrorCode.INVALID_ARGUMENT,
                  "path"),
              new Case(
                  "mkdir of a name that is too long",
                  () -> files.mkdir("new/" + "x".repeat(300)),
                  ErrorCode.INVALID_ARGUMENT,
                  "255 bytes"));
      refuses(session, folder, cases);
      files.mkdir("folder/below"); // there already, which is no error
    }
  }

  private static void refuses(Session session, Path folder, List<Case> cases) throws IOException {
    assertThat(session.execute(WORKSPACE).error()).isEmpty();
    String before = session.execute(STATE).stdoutText();
    List<String> here = Folders.names(folder);
    for (Case each : cases) {
      CallFailed refused = catchThrowableOfType(CallFailed.class, each.verb::run);
      assertThat(refused).as(each.what).isNotNull();
      assertThat(refused.code()).as(each.what + ": " + refused).isEqualTo(each.code);
      assertThat(refused).as(each.what).hasMessageContainingAll(each.words);
      assertThat(session.execute(STATE).stdoutText()).as(each.what).isEqualTo(before);
      assertThat(Folders.names(folder)).as(each.what).isEqualTo(here);
    }
  }
}
