package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.tool.SyncedFile;
import dev.pyvisor.tool.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Files that a tool cannot have, and such as cannot go back: an error in Python, both sides whole.
 */
@OneBackend
@Needs({Capability.FILES, Capability.TOOL_SIGNATURES, Capability.TOOL_ERRORS})
public interface SyncedRefusalContract extends RunnerContract {
  int LARGE = 2 << 20;

  /** Tries one path after the other, and prints what came of it. */
  String TRIES =
      """
      import os, pathlib
      open('note.txt', 'w').write('here')
      os.makedirs('folder')
      os.mkfifo('fifo')
      os.truncate(os.open('large', os.O_CREAT | os.O_WRONLY), %d)
      open(b'b\\xff', 'w').close()
      for path in ('none', 'note.txt/x', 'folder', 'fifo', 'large', os.fsdecode(b'b\\xff'), '', '.', 7, b'note.txt'):
          try:
              await edit(path)
              print('done')
          except (ToolError, ValueError, TypeError) as problem:
              print(type(problem).__name__, ascii(str(problem).splitlines()[0]))
      print(open('note.txt').read(), len(os.listdir(b'.')))
      """
          .formatted(FileRefusalContract.TOO_LARGE);

  @Test
  @Rule({"C97a", "FIL-1", "FIL-7", "FIL-8"})
  default void what_a_tool_cannot_have_is_told_with_its_path_and_the_tool_is_not_called() {
    Queue<Path> seen = new ConcurrentLinkedQueue<>();
    Tool edit =
        Tool.named("edit")
            .file("file", SyncedFile.writtenBack(), "any")
            .handler((arguments, context) -> seen.add(arguments.get("file", Path.class)));
    try (SupervisorClient client = open(edit)) {
      Outcome outcome = client.session().execute(TRIES);
      List<String> lines = outcome.stdoutText().lines().toList();
      assertThat(lines).as(outcome.toString()).hasSize(11);
      assertThat(lines.get(0)).startsWith("ToolError").contains("none");
      assertThat(lines.get(1)).startsWith("ToolError").contains("note.txt", "is not a folder");
      assertThat(lines.get(2)).startsWith("ToolError").contains("folder is a directory");
      assertThat(lines.get(3)).startsWith("ToolError").contains("fifo", "FIFO");
      assertThat(lines.get(4))
          .startsWith("ToolError")
          .contains("'large'", String.valueOf(FileRefusalContract.TOO_LARGE));
      assertThat(lines.get(5)).startsWith("ValueError").contains("UTF-8");
      assertThat(lines.subList(6, 10))
          .allMatch(line -> line.matches("(Value|Type|Tool)Error .*file.*"));
      assertThat(lines.get(10)).isEqualTo("here 5");
    }
    assertThat(seen).isEmpty();
  }

  @Test
  @Rule({"C97a", "FIL-8"})
  @Needs(Capability.LIMITS)
  default void what_the_workspace_has_no_room_for_is_an_error_and_its_file_stays() {
    Tool grow =
        Tool.named("grow")
            .file("file", SyncedFile.writtenBack(), "any")
            .handler(
                (arguments, context) ->
                    Files.write(arguments.get("file", Path.class), new byte[LARGE]).getParent());
    try (SupervisorClient client =
        OpenClients.open(client().tool(grow).limits(limits -> limits.withWorkspace(1 << 20)))) {
      Outcome outcome =
          client
              .session()
              .execute(
                  """
                  import os
                  open('note.txt', 'w').write('here')
                  try:
                      await grow('note.txt')
                  except ToolError as problem:
                      print(problem.message)
                  print(open('note.txt').read(), os.listdir())
                  """);
      List<String> lines = outcome.stdoutText().lines().toList();
      assertThat(lines).as(outcome.toString()).hasSize(2);
      assertThat(lines.get(0)).contains(String.valueOf(LARGE), String.valueOf(1 << 20));
      assertThat(lines.get(1)).isEqualTo("here ['note.txt']");
    }
  }

  /** What the code has made of it while the tool ran. */
  @Test
  @Rule({"C97a", "FIL-5"})
  default void a_directory_in_the_files_place_is_not_replaced_and_what_is_gone_is_there_again()
      throws Exception {
    CountDownLatch begun = new CountDownLatch(2);
    CountDownLatch release = new CountDownLatch(1);
    Tool edit =
        Tool.named("edit")
            .file("file", SyncedFile.writtenBack(), "any")
            .handler(
                (arguments, context) -> {
                  begun.countDown();
                  assertThat(release.await(15, TimeUnit.SECONDS)).isTrue();
                  Files.writeString(arguments.get("file", Path.class), "edited");
                  return null;
                });
    Tool both = Tool.of("both_run", (arguments, context) -> begun.await(15, TimeUnit.SECONDS));
    Tool go =
        Tool.of(
            "go",
            (arguments, context) -> {
              release.countDown();
              return null;
            });
    try (SupervisorClient client = open(edit, both, go)) {
      Session session = client.session();
      Outcome outcome =
          session.execute(
              """
              import asyncio, os
              for name in ('exchanged', 'removed'):
                  open(name, 'w').write('before')
              edits = [asyncio.ensure_future(edit(name)) for name in ('exchanged', 'removed')]
              await both_run()
              os.remove('removed')
              os.remove('exchanged')
              os.makedirs('exchanged/kept')
              await go()
              failed, done = await asyncio.gather(*edits, return_exceptions=True)
              print(type(failed).__name__, failed)
              print(done, open('removed').read(), os.listdir('exchanged'), sorted(os.listdir()))
              """);
      List<String> lines = outcome.stdoutText().lines().toList();
      assertThat(lines).as(outcome.toString()).hasSizeGreaterThan(1);
      assertThat(lines.get(0)).startsWith("ToolError").contains("'exchanged'", "choose another");
      assertThat(lines.get(lines.size() - 1))
          .isEqualTo("None edited ['kept'] ['exchanged', 'removed']");
    }
  }
}
