package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Processes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A host that is killed takes its runner along, with everything the runner's code has started. */
@ExtendWith({Census.class, HangReport.class})
class PipeHostDeathTest {
  /** LIF-9 says two seconds; a loaded machine gets as much again. */
  private static final Duration LIMIT = Duration.ofSeconds(4);

  /** Where the host has its private directory, which it cannot remove itself. */
  @TempDir Path folder;

  @Test
  @Rule({"C87", "LIF-9", "TRN-7"})
  void nothing_of_the_runner_outlives_a_host_that_is_killed() throws Exception {
    List<ProcessHandle> left = new ArrayList<>();
    try (HostProcess host = HostProcess.start(folder, Host.class)) {
      for (String pid : host.line().split(" ")) {
        left.add(ProcessHandle.of(Long.parseLong(pid)).orElseThrow());
      }
      assertThat(left).hasSizeGreaterThan(3);
      assertThat(host.privateDirectories()).hasSize(1);
      left.addAll(host.process().descendants().toList());

      long start = System.nanoTime();
      host.kill();
      Awaitility.await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(5))
          .atMost(LIMIT)
          .until(
              () ->
                  left.stream().noneMatch(process -> Processes.alive(process.pid()))
                      && host.privateDirectories().isEmpty());
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      Evidence.record(
          "from SIGKILL of the host to the end of its runner's "
              + left.size()
              + " processes and its directory",
          List.of("LIF-9"),
          took.toMillis() + " ms",
          Counts.always(1));
    } finally {
      left.forEach(ProcessHandle::destroyForcibly);
    }
  }

  /** The program that is killed: its code holds the interpreter and has started others. */
  static final class Host {
    private Host() {}

    /** Prints the process ids of all that it has started, then runs an endless cell. */
    public static void main(String[] arguments) {
      SupervisorClient client = Pipe.client().open();
      String pids =
          client
              .session()
              .execute(
                  """
                  import os, subprocess
                  pids = [os.getpid(), os.getppid()]
                  for new_session in (False, True):
                      for _ in range(3):
                          pids.append(subprocess.Popen(['sleep', '60'], start_new_session=new_session).pid)
                  print(*pids)
                  """)
              .stdoutText();
      System.out.print(pids);
      System.out.flush();
      client.session().execute("while True: pass");
    }
  }
}
