package dev.pyvisor.matrix;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.Launcher;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.BubblewrapBackend;
import dev.pyvisor.contract.load.Interpreters;
import java.util.Optional;

/** Clients whose runners live in bubblewrap, on machines where it can be used. */
final class InBubblewrap {
  /** A program that leaves its family, its terminal and its environment, and prints nothing. */
  static final String ESCAPEES =
      """
      import os, subprocess
      leave = '''
      import os, signal
      os.setsid()
      if os.fork():
          os._exit(0)
      for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
          signal.signal(number, signal.SIG_IGN)
      os.closerange(0, 64)
      os.execve('/bin/sleep', ['sleep', '60'], {})
      '''
      import sys
      for _ in range(5):
          subprocess.run([sys.executable, '-c', leave])
      hop = 'import os, time\\nwhile True:\\n  time.sleep(0.0005)\\n  if os.fork(): os._exit(0)'
      hoppers = [subprocess.Popen([sys.executable, '-c', hop], start_new_session=True) for _ in range(2)]
      print('ready', flush=True)
      """;

  private InBubblewrap() {}

  /** That which the code of a client lives in, as the system names it inside and outside alike. */
  static String namespace(SupervisorClient client, String kind) {
    return client
        .session()
        .execute("import os; print(os.readlink('/proc/self/ns/" + kind + "'))")
        .stdoutText()
        .strip();
  }

  /** Skips the test with the reason, where that does not mean a failure. */
  static SupervisorClient.Builder client(String backend) {
    Optional<String> obstacle = new BubblewrapBackend.Pipe().obstacle();
    assumeTrue(obstacle.isEmpty(), () -> "no bubblewrap here: " + obstacle.orElse(""));
    return SupervisorClient.builder()
        .backend(backend)
        .launcher(Launcher.BUBBLEWRAP)
        .python(Interpreters.standard())
        .trusted();
  }
}
