package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.OpenClients;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The pipes between the host and its runner have one reader and one writer each. */
@ExtendWith({Census.class, HangReport.class})
class PipeEndsTest {

  /** What else read there would take away what was meant for the supervisor. */
  @Test
  @Rule({"W3b", "W26", "C15", "C112"})
  void nobody_but_the_supervisor_reads_what_the_host_writes_and_no_cell_holds_an_end() {
    try (SupervisorClient client = OpenClients.open(Pipe.client())) {
      Session session = client.session();
      session.checkpoint("kept");
      Session other = client.openSession("other");
      Set<Long> ofCells = new TreeSet<>();
      for (Session each : List.of(session, other)) {
        String pids =
            each.execute(
                    "import os, subprocess\n"
                        + "print(os.getpid(), subprocess.Popen(['sleep', '60'], close_fds=False).pid)")
                .stdoutText();
        for (String pid : pids.strip().split(" ")) {
          ofCells.add(Long.parseLong(pid));
        }
      }
      Set<String> hosts = pipes(ProcessHandle.current().pid(), false);
      assertThat(hosts).hasSizeGreaterThanOrEqualTo(3);
      List<Long> runners =
          ProcessHandle.of(client.runner().pid())
              .orElseThrow()
              .descendants()
              .map(ProcessHandle::pid)
              .toList();
      // The zygote, two kernels, what they started, and the copies.
      assertThat(runners).hasSizeGreaterThanOrEqualTo(6).containsAll(ofCells);
      for (long pid : runners) {
        assertThat(pipes(pid, true)).as("read by %d", pid).doesNotContainAnyElementsOf(hosts);
      }
      for (long pid : ofCells) {
        // Those of its output are there.
        assertThat(pipes(pid, false))
            .as("held by %d", pid)
            .isNotEmpty()
            .doesNotContainAnyElementsOf(hosts);
      }
    }
  }

  /** The pipes that a process holds an end of, as the system names them; none once it has ended. */
  private static Set<String> pipes(long pid, boolean onlyRead) {
    Set<String> found = new HashSet<>();
    Path proc = Path.of("/proc", Long.toString(pid));
    try (DirectoryStream<Path> links = Files.newDirectoryStream(proc.resolve("fd"))) {
      for (Path link : links) {
        pipe(link)
            .filter(name -> !onlyRead || reads(proc.resolve("fdinfo").resolve(link.getFileName())))
            .ifPresent(found::add);
      }
    } catch (IOException | DirectoryIteratorException ended) {
      return found;
    }
    return found;
  }

  private static Optional<String> pipe(Path link) {
    try {
      return Optional.of(Files.readSymbolicLink(link).toString())
          .filter(name -> name.startsWith("pipe:"));
    } catch (IOException closed) {
      return Optional.empty();
    }
  }

  /** Whether its access mode, in the last digit of the octal flags, is not "writes only". */
  private static boolean reads(Path info) {
    try {
      return Files.readAllLines(info).stream()
          .filter(line -> line.startsWith("flags:"))
          .noneMatch(line -> (line.charAt(line.length() - 1) - '0') % 4 == 1);
    } catch (IOException closed) {
      return false;
    }
  }
}
