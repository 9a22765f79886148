package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where cells run: who makes that directory, who may meet in it, and who removes it. */
public interface WorkspaceContract extends RunnerContract {
  String LISTED = "import os; print(sorted(os.listdir()))";

  @Test
  @Rule("C98")
  default void a_workspace_that_nobody_named_is_there_from_the_start_and_goes_with_its_client() {
    Path workspace;
    try (SupervisorClient client = open()) {
      workspace = where(client.session());
      assertThat(workspace).isDirectory();
      client.session().execute("import os; os.makedirs('a/b'); open('a/b/c', 'w').close()");
    }
    assertThat(workspace).doesNotExist();
    assertThat(workspace.getParent()).as("made for it, and for nothing else").doesNotExist();
  }

  @Test
  @Rule("C98")
  @Needs(Capability.SESSIONS)
  default void a_workspace_that_nobody_named_goes_with_its_session() {
    try (SupervisorClient client = open()) {
      Session other = client.openSession("other");
      Path its = where(other);
      Path first = where(client.session());
      assertThat(its).isDirectory().isNotEqualTo(first);
      other.close();
      assertThat(its).doesNotExist();
      assertThat(first).as("that of another session").isDirectory();
    }
  }

  @Test
  @Rule({"C99", "C100", "C101"})
  default void a_directory_that_the_caller_named_stays_and_is_found_again(@TempDir Path folder)
      throws IOException {
    Files.writeString(folder.resolve("mine.txt"), "mine");
    Path workspace = workspace(folder);
    try (SupervisorClient client = OpenClients.open(client().workspace(workspace))) {
      Session session = client.session();
      assertThat(session.execute(LISTED).stdoutText()).isEqualTo("['mine.txt']\n");
      session.execute("open('theirs.txt', 'w').write('theirs') and None");
      CellRun running = session.start(Cell.of("import time; time.sleep(60)"));
      Processes.kill(client.runner().pid());
      assertThat(running.outcome().orTimeout(10, TimeUnit.SECONDS).join().kind())
          .isIn(OutcomeKind.UNKNOWN, OutcomeKind.NEVER_STARTED);
      assertThat(session.execute(LISTED).stdoutText())
          .as("with the runner that follows a dead one")
          .isEqualTo("['mine.txt', 'theirs.txt']\n");
    }
    assertThat(names(folder)).containsExactly("mine.txt", "theirs.txt");
    try (SupervisorClient again = OpenClients.open(client().workspace(workspace))) {
      Outcome outcome = again.session().execute("print(open('theirs.txt').read())");
      assertThat(outcome.stdoutText()).as(outcome.toString()).isEqualTo("theirs\n");
    }
    assertThat(names(folder)).containsExactly("mine.txt", "theirs.txt");
    assertThat(folder.resolve("mine.txt")).hasContent("mine");
  }

  @Test
  @Rule("C99")
  @Needs(Capability.SESSIONS)
  default void a_directory_that_the_caller_named_outlives_each_of_its_sessions(@TempDir Path folder)
      throws IOException {
    Path workspace = workspace(folder);
    try (SupervisorClient client = OpenClients.open(client().workspace(workspace))) {
      Session other = client.openSession("other");
      other.execute("open('kept', 'w').close()");
      other.close();
      assertThat(client.session().execute(LISTED).stdoutText()).isEqualTo("['kept']\n");
    }
    assertThat(names(folder)).containsExactly("kept");
  }

  @Test
  @Rule({"C101", "C116c"})
  default void clients_side_by_side_share_a_directory_that_both_name_and_nothing_else(
      @TempDir Path folder) throws IOException {
    Path workspace = workspace(folder);
    try (SupervisorClient first = OpenClients.open(client().workspace(workspace));
        SupervisorClient second = OpenClients.open(client().workspace(workspace));
        SupervisorClient apart = open()) {
      List<SupervisorClient> all = List.of(first, second, apart);
      // Each owner is set while the others' cells run.
      List<CellRun> runs =
          all.stream()
              .map(
                  client ->
                      client
                          .session()
                          .start(
                              Cell.of(
                                  "import os, time\nowner = %d\nopen(f'of-{owner}', 'w').close()\n"
                                          .formatted(all.indexOf(client))
                                      + "time.sleep(0.2)\nprint(owner)")))
              .toList();
      for (int i = 0; i < all.size(); i++) {
        assertThat(runs.get(i).outcome().join().stdoutText()).isEqualTo(i + "\n");
      }
      String owned = "print(owner, sorted(os.listdir()))";
      assertThat(first.session().execute(owned).stdoutText()).isEqualTo("0 ['of-0', 'of-1']\n");
      assertThat(second.session().execute(owned).stdoutText()).isEqualTo("1 ['of-0', 'of-1']\n");
      assertThat(apart.session().execute(owned).stdoutText()).isEqualTo("2 ['of-2']\n");
    }
  }

  @Test
  @Rule("C96e")
  @Needs(Capability.SESSIONS)
  default void a_reset_keeps_the_files_and_a_session_that_is_opened_begins_without_any() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("kept = 1\nopen('kept.txt', 'w').close()");
      session.reset();
      assertThat(session.execute("print('kept' in globals())\n" + LISTED).stdoutText())
          .isEqualTo("False\n['kept.txt']\n");
      for (int i = 0; i < 2; i++) {
        Session again = client.openSession("again");
        assertThat(again.execute(LISTED).stdoutText()).isEqualTo("[]\n");
        again.execute("open('left.txt', 'w').close()");
        again.close();
      }
    }
  }

  /** Where a session's cells run, as a path of this machine. */
  private static Path where(Session session) {
    return Path.of(session.execute("import os; print(os.getcwd())").stdoutText().strip());
  }

  private static List<String> names(Path folder) {
    File[] found = Objects.requireNonNull(folder.toFile().listFiles(), folder + " is there");
    return Arrays.stream(found).map(File::getName).sorted().toList();
  }
}
