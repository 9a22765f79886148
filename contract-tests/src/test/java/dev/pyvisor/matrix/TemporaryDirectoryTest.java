package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.backend.BackendUnderTest;
import dev.pyvisor.contract.backend.BubblewrapBackend;
import dev.pyvisor.contract.backend.PipeBackend;
import dev.pyvisor.contract.backend.WebsocketBackend;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.tool.SyncedFile;
import dev.pyvisor.tool.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A program whose directory for temporary files lies in the workspace that it names, as one does
 * that is started in {@code /tmp}. Java reads its {@code java.io.tmpdir} once, so each is a JVM of
 * its own.
 */
@ExtendWith({Census.class, HangReport.class})
class TemporaryDirectoryTest {
  @TempDir Path folder;

  private static Stream<BackendUnderTest> backends() {
    return Stream.of(
        new PipeBackend(),
        new WebsocketBackend(),
        new BubblewrapBackend.Pipe(),
        new BubblewrapBackend.Websocket());
  }

  @TestFactory
  @Rule("C102")
  Stream<DynamicTest> nothing_of_the_hosts_is_among_the_files_of_the_workspace() {
    return backends()
        .filter(backend -> !sandboxed(backend))
        .map(
            backend ->
                DynamicTest.dynamicTest(
                    backend.label(),
                    () -> {
                      try (HostProcess host = start(backend)) {
                        assertThat(host.line()).isEqualTo("[mine.txt]");
                        Path workspace = Path.of(host.line());
                        Path tools = Path.of(host.line());
                        assertThat(workspace).isEqualTo(folder.resolve(backend.label()));
                        assertThat(tools).doesNotExist();
                        assertThat(tools.startsWith(workspace)).isFalse();
                        assertThat(host.line()).isEqualTo("[mine.txt]");
                        assertThat(host.process().waitFor()).isZero();
                      }
                    }));
  }

  @TestFactory
  @Rule("C102")
  Stream<DynamicTest> a_sandbox_that_would_show_it_is_refused() {
    return backends()
        .filter(TemporaryDirectoryTest::sandboxed)
        .map(
            backend ->
                DynamicTest.dynamicTest(
                    backend.label(),
                    () -> {
                      Optional<String> obstacle = backend.obstacle();
                      assumeTrue(
                          obstacle.isEmpty(), () -> backend.label() + ": " + obstacle.orElse(""));
                      try (HostProcess host = start(backend)) {
                        assertThat(host.line())
                            .contains(
                                "the workspace " + folder.resolve(backend.label()) + " holds ",
                                "java.io.tmpdir",
                                "choose a folder of its own");
                      }
                    }));
  }

  private static boolean sandboxed(BackendUnderTest backend) {
    return backend.label().contains("+");
  }

  private HostProcess start(BackendUnderTest backend) throws Exception {
    Path workspace = Files.createDirectory(folder.resolve(backend.label()));
    Files.writeString(workspace.resolve("mine.txt"), "mine");
    Path temporary = Files.createDirectories(workspace.resolve("deep/tmp"));
    return HostProcess.start(temporary, Host.class, backend.label(), workspace.toString());
  }

  /** The program. */
  static final class Host {
    private Host() {}

    /**
     * Prints what is in its workspace, where that is, where a tool's file was, and what is left.
     */
    public static void main(String[] arguments) throws Exception {
      BackendUnderTest backend =
          backends().filter(one -> one.label().equals(arguments[0])).findFirst().orElseThrow();
      Path workspace = Path.of(arguments[1]);
      SupervisorClient.Builder builder =
          backend.client(Interpreters.standard()).workspace(workspace);
      Tool where =
          Tool.named("where")
              .file("file", SyncedFile.readOnly(), "any")
              .handler((given, context) -> given.get("file", Path.class).getParent().toString());
      try (SupervisorClient client = builder.tool(where).open()) {
        say(client.session().files().list("").stream().map(file -> file.path()).toList());
        say(client.session().execute("import os; print(os.getcwd(), end='')").stdoutText());
        say(client.session().execute("print(await where('mine.txt'), end='')").stdoutText());
      } catch (LaunchFailed refused) {
        say(refused.getMessage());
        return;
      }
      try (Stream<Path> all = Files.walk(workspace)) {
        say(all.filter(Files::isRegularFile).map(Path::getFileName).toList());
      }
    }

    private static void say(Object line) {
      System.out.println(line);
      System.out.flush();
    }
  }
}
