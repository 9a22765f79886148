package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Launcher;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What code in bubblewrap may do, as the system has it, beside a plain process. */
@ExtendWith({Census.class, HangReport.class})
class BubblewrapRightsTest {
  /** A host's file, if it is read; what can be written outside of the workspace and /tmp. */
  private static final String REACH =
      """
      import os
      def tried(path, mode):
          try:
              open(path, mode).close()
              return True
          except OSError:
              return False
      print(tried(%s, 'r'),
            [path for path in ('/proc/sys/kernel/core_pattern', '/usr/new', '/new', '/dev/new', os.path.join(%s, 'new'))
             if tried(path, 'a')])
      """;

  @TempDir Path folder;

  @Test
  void a_kernel_has_no_capability_and_a_filter_as_the_host_sees_it() throws IOException {
    try (SupervisorClient client = OpenClients.open(InBubblewrap.client("pipe"))) {
      String told =
          client.session().execute("import os; print(os.getpid(), os.getuid())").stdoutText();
      String[] words = told.strip().split(" ");
      assertThat(words[1]).isEqualTo("1000");
      long kernel = Processes.here(client.runner().pid(), Long.parseLong(words[0]));
      List<String> status = Files.readAllLines(Path.of("/proc", Long.toString(kernel), "status"));
      assertThat(status)
          .contains("NoNewPrivs:\t1", "Seccomp:\t2")
          .filteredOn(line -> line.startsWith("Cap"))
          .hasSize(5)
          .allMatch(line -> line.endsWith("\t0000000000000000"));
    }
  }

  @Test
  void a_plain_process_reads_the_hosts_files_and_code_in_bubblewrap_does_not() throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "secret");
    String reach = REACH.formatted(quoted(secret), quoted(folder));
    try (SupervisorClient plain =
            OpenClients.open(InBubblewrap.client("pipe").launcher(Launcher.PROCESS));
        SupervisorClient isolated = OpenClients.open(InBubblewrap.client("pipe"))) {
      assertThat(isolated.session().execute(reach).stdoutText()).isEqualTo("False []\n");
      assertThat(
              plain
                  .session()
                  .execute("print(open(%s).read())".formatted(quoted(secret)))
                  .stdoutText())
          .isEqualTo("secret\n");
    }
  }

  private static String quoted(Path path) {
    return "'" + path + "'";
  }
}
