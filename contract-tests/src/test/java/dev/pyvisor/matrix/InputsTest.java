package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.Launcher;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.config.Configuration;
import dev.pyvisor.contract.backend.BackendUnderTest;
import dev.pyvisor.contract.backend.BubblewrapBackend;
import dev.pyvisor.contract.backend.PodmanBackend;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.outcome.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Files of the host that code reads and cannot change, by nothing that changes a file. */
@ExtendWith({Census.class, HangReport.class})
class InputsTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private static final String ODD = "odd, name (1)";

  /** What was done to the inputs, each way by its name: nothing, where all is well. */
  private static final String CHANGES =
      """
      import ctypes, os, shutil
      libc = ctypes.CDLL(None, use_errno=True)
      def call(name, *words):
          if getattr(libc, name)(*words):
              raise OSError(ctypes.get_errno(), name)
      file, folder = '/inputs/data.csv', '/inputs/odd, name (1)'
      inner = folder + '/inner'
      mine = os.path.join(os.getcwd(), 'mine')
      open(mine, 'w').close()
      ways = {
          'append': lambda: open(file, 'a'),
          'truncate': lambda: os.truncate(file, 0),
          'chmod': lambda: os.chmod(file, 0o777),
          'chown': lambda: os.chown(file, os.getuid(), os.getgid()),
          'touch': lambda: os.utime(file, (1, 1)),
          'attribute': lambda: os.setxattr(file, 'user.a', b'1'),
          'rename': lambda: os.rename(file, '/inputs/other'),
          'replace': lambda: os.rename(mine, file),
          'remove': lambda: os.remove(file),
          'new file': lambda: open(folder + '/new', 'w'),
          'new folder': lambda: os.mkdir(folder + '/new folder'),
          'beside': lambda: open('/inputs/new', 'w'),
          'inner append': lambda: open(inner, 'a'),
          'inner rename': lambda: os.rename(inner, folder + '/other'),
          'inner remove': lambda: os.remove(inner),
          'inner link': lambda: os.link(inner, os.path.join(os.getcwd(), 'link')),
          'through proc': lambda: open('/proc/self/root' + file, 'a'),
          'by descriptor': lambda: open('/proc/self/fd/%d' % os.open(file, os.O_RDONLY), 'a'),
          'remount': lambda: call('mount', b'none', b'/inputs/data.csv', None, 0x20 | 0x1000, None),
          'unmount': lambda: call('umount2', b'/inputs/data.csv', 2),
          'mount over': lambda: call('mount', mine.encode(), file.encode(), None, 0x1000, None),
          'new namespace': lambda: call('unshare', 0x10020000),
      }
      for name, way in ways.items():
          try:
              way()
              print(name)
          except OSError:
              pass
      print('tried', len(ways))
      """;

  /** Those of them that need no more than a file that can be written to. */
  private static final List<String> PLAIN =
      List.of(
          "append",
          "truncate",
          "chmod",
          "chown",
          "touch",
          "rename",
          "replace",
          "remove",
          "new file",
          "new folder",
          "beside",
          "inner append",
          "through proc",
          "by descriptor");

  @TempDir Path folder;
  private Path file;
  private Path tree;

  @BeforeEach
  void plant() throws IOException {
    file = Files.writeString(folder.resolve("data.csv"), "a,b\n1,2\n");
    tree = Files.createDirectories(folder.resolve("tree"));
    Files.writeString(tree.resolve("inner"), "inner");
    // Whoever code is in a container, the files' own protection must not be what keeps it off.
    for (Path open : List.of(folder, tree)) {
      Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    }
    for (Path open : List.of(file, tree.resolve("inner"))) {
      Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-rw-rw-"));
      Files.setLastModifiedTime(open, FileTime.fromMillis(1_000_000));
    }
  }

  private SupervisorClient open(BackendUnderTest backend) {
    Optional<String> obstacle = backend.obstacle();
    assumeTrue(obstacle.isEmpty(), () -> backend.label() + ": " + obstacle.orElse(""));
    return OpenClients.open(
        backend
            .client(Interpreters.standard())
            .launcher(backend.launcher().orElseThrow())
            .configuration(Configuration.empty().with("inputs=" + file))
            .input(tree, ODD));
  }

  @Test
  void code_in_bubblewrap_reads_inputs_and_changes_nothing_of_them() throws IOException {
    readsAndChangesNothing(new BubblewrapBackend.Pipe());
  }

  @Test
  void the_same_holds_for_a_runner_in_bubblewrap_with_a_link() throws IOException {
    readsAndChangesNothing(new BubblewrapBackend.Websocket());
  }

  @Test
  void code_in_podman_reads_inputs_and_changes_nothing_of_them() throws IOException {
    readsAndChangesNothing(new PodmanBackend.Pipe());
  }

  @Test
  void the_same_holds_for_a_runner_in_podman_with_a_link() throws IOException {
    readsAndChangesNothing(new PodmanBackend.Websocket());
  }

  private void readsAndChangesNothing(BackendUnderTest backend) throws IOException {
    try (SupervisorClient client = open(backend)) {
      Outcome read =
          client
              .session()
              .execute(
                  """
                  import os
                  print(sorted(os.listdir('/inputs')))
                  print(open('/inputs/data.csv').read(), open('/inputs/odd, name (1)/inner').read())
                  """);
      assertThat(read.stdoutText()).isEqualTo("['data.csv', '" + ODD + "']\na,b\n1,2\n inner\n");

      Outcome changed = client.session().execute(CHANGES);
      assertThat(changed.stdoutText()).as("%s", changed).isEqualTo("tried 22\n");
    }
    assertThat(Files.readString(file)).isEqualTo("a,b\n1,2\n");
    assertThat(Files.readString(tree.resolve("inner"))).isEqualTo("inner");
    for (Path kept : List.of(file, tree.resolve("inner"))) {
      assertThat(Files.getLastModifiedTime(kept)).isEqualTo(FileTime.fromMillis(1_000_000));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)))
          .isEqualTo("rw-rw-rw-");
    }
    try (Stream<Path> all = Files.walk(folder)) {
      assertThat(all).containsExactlyInAnyOrder(folder, file, tree, tree.resolve("inner"));
    }
  }

  /** The control: it is not that the code cannot do it. */
  @Test
  void files_that_are_no_inputs_are_changed_by_the_same_code() throws IOException {
    Files.move(tree, folder.resolve(ODD));
    try (SupervisorClient client =
        OpenClients.open(
            InBubblewrap.client("pipe").launcher(Launcher.PROCESS).cellTimeout(LIMIT))) {
      String changed =
          client.session().execute(CHANGES.replace("/inputs", folder.toString())).stdoutText();
      assertThat(changed.lines()).containsAll(PLAIN).contains("tried 22");
    }
  }

  @Test
  void the_next_runner_has_them_too() throws IOException {
    try (SupervisorClient client = open(new BubblewrapBackend.Pipe())) {
      String read = "print(open('/inputs/data.csv').read(1))";
      assertThat(client.session().execute(read).stdoutText()).isEqualTo("a\n");
      String first = client.runner().runnerId();
      Processes.kill(client.runner().pid());
      // Its end is told some time after it: until then a cell may still be for the old one.
      Awaitility.await()
          .atMost(LIMIT)
          .until(() -> client.session().execute(read).stdoutText().equals("a\n"));
      assertThat(client.runner().runnerId()).isNotEqualTo(first);
    }
  }

  @Test
  void a_plain_process_is_given_none_for_it_could_change_them() {
    assertThatThrownBy(
            () ->
                SupervisorClient.builder()
                    .launcher(Launcher.PROCESS)
                    .trusted()
                    .input(file)
                    .open()
                    .close())
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("inputs '" + file + "' is for the launcher bubblewrap or docker");
  }
}
