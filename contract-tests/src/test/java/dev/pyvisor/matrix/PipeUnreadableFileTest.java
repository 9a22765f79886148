package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.tool.SyncedFile;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A client that is given a path of this machine with something there that cannot be read: told by
 * the path, and never waited for. Permissions would not show it, as they do not bind root.
 */
@ExtendWith({Census.class, HangReport.class})
class PipeUnreadableFileTest {
  /** A regular file whose first byte nobody can read. */
  private static final Path UNREADABLE = Path.of("/proc/self/mem");

  @TempDir Path folder;
  private Path file;
  private Path broken;
  private Path pipe;

  @BeforeEach
  void make() throws Exception {
    file = Files.writeString(folder.resolve("file"), "text");
    broken = Files.createSymbolicLink(folder.resolve("broken"), folder.resolve("none"));
    pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
  }

  @Test
  @Rule({"C92", "FIL-7"})
  void what_cannot_be_read_is_not_put() {
    try (SupervisorClient client = OpenClients.open(Pipe.client())) {
      Session session = client.session();
      assertThat(refusedToPut(session, broken)).isEqualTo(ErrorCode.FILE_NOT_FOUND);
      for (Path each : List.of(Path.of("/dev/null"), pipe, UNREADABLE)) {
        assertThat(refusedToPut(session, each)).isEqualTo(ErrorCode.FILE_REFUSED);
      }
      assertThat(session.files().list("")).isEmpty();
      session.files().put(file, "after-all");
    }
  }

  private static ErrorCode refusedToPut(Session session, Path host) {
    CallFailed refused =
        catchThrowableOfType(CallFailed.class, () -> session.files().put(host, "x"));
    assertThat(refused).as("putting " + host).isNotNull();
    assertThat(refused).hasMessageContaining(host.toString());
    return refused.code();
  }

  @Test
  @Rule("H9")
  void a_workspace_that_is_no_directory_is_named() {
    for (Path each : List.of(file, broken, pipe)) {
      assertThat(refused(Pipe.client().workspace(each)))
          .hasMessageContaining("workspace must be a directory that exists")
          .hasMessageContaining(each.toString());
    }
  }

  @Test
  @Rule("H9")
  void a_payload_without_a_program_is_named() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Path odd = Files.createDirectories(folder.resolve("odd/__main__.py")).getParent();
    for (Path each : List.of(file, broken, pipe, empty, odd)) {
      assertThat(refused(Pipe.client().payload(each)))
          .hasMessageContaining(each.resolve("__main__.py").toString());
    }
  }

  private static LaunchFailed refused(SupervisorClient.Builder builder) {
    LaunchFailed refused =
        catchThrowableOfType(LaunchFailed.class, () -> OpenClients.open(builder));
    assertThat(refused).isNotNull();
    assertThat(refused.delivery()).isEqualTo(Delivery.NEVER_SENT);
    return refused;
  }

  @Test
  @Rule({"C97a", "C97c"})
  void a_tool_whose_files_cannot_be_kept_where_it_says_is_not_called() {
    AtomicInteger calls = new AtomicInteger();
    Tool tool =
        Tool.named("edit")
            .file("file", SyncedFile.readOnly().in(file), "any")
            .handler((arguments, context) -> calls.incrementAndGet());
    try (SupervisorClient client = OpenClients.open(Pipe.client().tool(tool))) {
      String told =
          client
              .session()
              .execute(
                  """
                  open('note.txt', 'w').write('here')
                  try:
                      await edit('note.txt')
                  except ToolError as problem:
                      print(problem.message)
                  """)
              .stdoutText();
      assertThat(told).contains(file.toString());
    }
    assertThat(calls).hasValue(0);
    assertThat(file).hasContent("text");
  }
}
