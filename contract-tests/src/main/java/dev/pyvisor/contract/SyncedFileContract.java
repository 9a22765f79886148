package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.tool.HostTool;
import dev.pyvisor.tool.Param;
import dev.pyvisor.tool.Synced;
import dev.pyvisor.tool.SyncedFile;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tools get files of the workspace as files of the host. */
@OneBackend
@Needs({Capability.FILES, Capability.TOOL_SIGNATURES})
public interface SyncedFileContract extends RunnerContract {
  /** What a cell writes, has the tool append to, and reads again. */
  String SANDBOX =
      "import os\nos.makedirs('data', exist_ok=True)\nopen('data/note.txt', 'w').write('sandbox')\n";

  /** What the tool has returned, and what is in the workspace then. */
  String APPENDED = SANDBOX + "print(await append('data/note.txt'), open('data/note.txt').read())";

  /** Appends to its file, returns what is in it then, and remembers where it was. */
  private static Tool append(SyncedFile how, Queue<Path> seen) {
    return Tool.named("append")
        .file("file", how, "what to append to")
        .optionalFile("other", how, "another one")
        .handler(
            (arguments, context) -> {
              Path file = arguments.get("file", Path.class);
              seen.add(file);
              arguments.find("other", Path.class).ifPresent(seen::add);
              Files.writeString(file, " + host", StandardOpenOption.APPEND);
              return Files.readString(file);
            });
  }

  @Test
  @Rule({"C97a", "C97d"})
  default void what_a_tool_writes_to_its_file_is_in_the_workspace_when_it_has_returned() {
    Queue<Path> seen = new ConcurrentLinkedQueue<>();
    try (SupervisorClient client = open(append(SyncedFile.writtenBack(), seen))) {
      Outcome outcome = client.session().execute(APPENDED);
      assertThat(outcome.stdoutText())
          .as(outcome.toString())
          .isEqualTo("sandbox + host sandbox + host\n");
      Outcome named =
          client
              .session()
              .execute("os.chdir('data')\nprint(append.sync(file=os.path.abspath('note.txt')))");
      assertThat(named.stdoutText()).isEqualTo("sandbox + host + host\n");
    }
    assertThat(seen).hasSize(2).allMatch(path -> path.endsWith("note.txt") && path.isAbsolute());
    assertThat(seen).as("removed").noneMatch(path -> Files.exists(path.getParent().getParent()));
  }

  @Test
  @Rule("C97b")
  default void without_write_back_the_workspace_stays_as_it_is() {
    Queue<Path> seen = new ConcurrentLinkedQueue<>();
    try (SupervisorClient client = open(append(SyncedFile.readOnly(), seen))) {
      Outcome outcome = client.session().execute(APPENDED);
      assertThat(outcome.stdoutText()).isEqualTo("sandbox + host sandbox\n");
    }
  }

  @Test
  @Rule("C97c")
  default void a_directory_of_the_hosts_is_made_and_keeps_the_file(@TempDir Path folder)
      throws IOException {
    Path kept = folder.resolve("new/kept");
    Queue<Path> seen = new ConcurrentLinkedQueue<>();
    try (SupervisorClient client = open(append(SyncedFile.writtenBack().in(kept), seen))) {
      for (int time = 0; time < 2; time++) {
        Outcome outcome = client.session().execute(APPENDED);
        assertThat(outcome.stdoutText()).isEqualTo("sandbox + host sandbox + host\n");
      }
    }
    assertThat(seen).containsExactly(kept.resolve("note.txt"), kept.resolve("note.txt"));
    assertThat(kept.resolve("note.txt")).hasContent("sandbox + host");
  }

  @Test
  @Rule("C97d")
  default void two_files_of_one_name_are_two_and_one_that_is_left_out_is_none() {
    Queue<Path> seen = new ConcurrentLinkedQueue<>();
    try (SupervisorClient client = open(append(SyncedFile.writtenBack(), seen))) {
      Outcome outcome =
          client
              .session()
              .execute(
                  SANDBOX
                      + "open('note.txt', 'w').write('other')\n"
                      + "print(await append('data/note.txt', other='note.txt'))\n"
                      + "print(open('note.txt').read(), await append('note.txt', None))");
      assertThat(outcome.stdoutText())
          .as(outcome.toString())
          .isEqualTo("sandbox + host\nother other + host\n");
      assertThat(seen).hasSize(3).doesNotHaveDuplicates();
    }
  }

  /** What does not belong to a tool is never copied, and what fails leaves the file as it was. */
  @Test
  @Rule("C97a")
  default void
      what_is_no_file_of_the_workspace_is_refused_and_a_tool_that_fails_writes_nothing_back() {
    Tool fails =
        Tool.named("fails")
            .file("file", SyncedFile.writtenBack(), "")
            .handler(
                (arguments, context) -> {
                  Files.writeString(arguments.get("file", Path.class), "half-done");
                  throw new IllegalStateException("no");
                });
    try (SupervisorClient client = open(fails)) {
      Outcome outcome =
          client
              .session()
              .execute(
                  SANDBOX
                      + """
                      os.symlink('/etc/passwd', 'link')
                      for path in ('/etc/passwd', '../x', 'none.txt', 'data', 'link', 'data/note.txt'):
                          try:
                              await fails(path)
                          except (ToolError, ValueError) as problem:
                              print(type(problem).__name__, str(problem).splitlines()[0])
                      print(open('data/note.txt').read())
                      """);
      List<String> lines = outcome.stdoutText().lines().toList();
      assertThat(lines).as(outcome.toString()).hasSize(7);
      assertThat(lines.get(0)).startsWith("ValueError fails(): file has to be a file below the");
      assertThat(lines.get(1)).startsWith("ValueError");
      assertThat(lines.get(2)).startsWith("ToolError").contains("none.txt");
      assertThat(lines.get(3)).contains("data is a directory; the tool takes a file");
      assertThat(lines.get(4)).startsWith("ToolError");
      assertThat(lines.subList(5, 7)).containsExactly("ToolError no", "sandbox");
    }
  }

  @Test
  @Rule("C97e")
  @Needs(Capability.TOOL_FATES)
  default void a_tool_that_is_cancelled_keeps_its_file_until_it_ends() throws Exception {
    CompletableFuture<Path> begun = new CompletableFuture<>();
    CountDownLatch release = new CountDownLatch(1);
    CompletableFuture<Boolean> still = new CompletableFuture<>();
    Tool heedless =
        Tool.named("heedless")
            .file("file", SyncedFile.writtenBack(), "")
            .handler(
                (arguments, context) -> {
                  Path file = arguments.get("file", Path.class);
                  begun.complete(file);
                  boolean released = false;
                  while (!released) {
                    try {
                      released = release.await(19, TimeUnit.SECONDS);
                    } catch (InterruptedException heedlessly) {
                      continue;
                    }
                  }
                  still.complete(Files.exists(file));
                  Files.writeString(file, "too late");
                  return null;
                });
    try (SupervisorClient client = open(heedless)) {
      Session session = client.session();
      session.execute(SANDBOX);
      Outcome outcome =
          session.execute(
              Cell.of("await heedless('data/note.txt')").timeout(Duration.ofSeconds(2)));
      assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.TIMED_OUT);
      Path file = begun.get(10, TimeUnit.SECONDS);
      release.countDown();
      assertThat(still.get(10, TimeUnit.SECONDS)).isTrue();
      await().until(() -> session.hostWork() == 0);
      assertThat(file.getParent()).doesNotExist();
      assertThat(session.execute("print(open('data/note.txt').read())").stdoutText())
          .isEqualTo("sandbox\n");
    }
  }

  /** A tool of an annotated method. */
  final class Annotated {
    /** How many characters there are. */
    @HostTool(description = "Counts.")
    public int count(
        @Param(name = "file", description = "whose") @Synced(writeBack = false) Path file)
        throws IOException {
      return Files.readString(file).length();
    }
  }

  @Test
  @Rule("C97b")
  default void a_parameter_of_an_annotated_method_may_be_such_a_file() {
    try (SupervisorClient client = open(Tool.fromObject(new Annotated()).toArray(Tool[]::new))) {
      Outcome outcome =
          client.session().execute(SANDBOX + "print(await count('data/note.txt'), count.__doc__)");
      assertThat(outcome.stdoutText()).startsWith("7 Counts.").contains("file (str): whose");
    }
  }
}
