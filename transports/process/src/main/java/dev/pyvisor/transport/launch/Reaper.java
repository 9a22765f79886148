package dev.pyvisor.transport.launch;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what a runner leaves, once it is gone. For a host that is killed and can do nothing any
 * more, a process does the same that waits for the end of a pipe which only the host holds: a
 * runner in a sandbox sees neither its host nor what was made around it.
 *
 * <p>Thread-safe: armed before others know it, then by its process.
 */
public final class Reaper {
  private static final Logger LOG = LoggerFactory.getLogger(Reaper.class);
  private static final String ALL_DONE = "done";

  /** How long the process may take to end that has nothing to do. */
  private static final Duration END = Duration.ofSeconds(1);

  /**
   * $1 is the directory; the rest is a command. What ends just then may still write files. A
   * terminal and a service's manager signal the whole group: the host may end by that, and it must
   * not, for it does the rest.
   */
  private static final String TEXT =
      """
      trap '' HUP INT QUIT TERM
      read -r word
      [ "$word" = done ] && exit 0
      directory=$1
      shift
      [ $# = 0 ] || "$@"
      tries=0
      until rm -rf -- "$directory" || [ $((tries += 1)) = 20 ]; do sleep 0.1; done
      """;

  private final Remains remains;
  private @Nullable Process waiting;

  /** {@code remains}: what there is to remove. */
  public Reaper(Remains remains) {
    this.remains = remains;
  }

  /**
   * Starts the process that stands in for this one, where one is needed.
   *
   * @param directory what it removes in the end
   * @throws IOException when it cannot be started in time
   */
  public void arm(Path directory, Duration limit) throws IOException {
    if (remains.will().isEmpty()) {
      return;
    }
    List<String> command = command(directory, remains.will().get());
    waiting =
        Spawner.start(
            new LaunchPlan(command, Engine.environment(), Path.of("/"))
                .builder()
                .redirectOutput(Redirect.to(new File("/dev/null")))
                .redirectError(Redirect.to(new File("/dev/null"))),
            limit);
  }

  /** What waits for the end of its input, and then runs the will and removes the directory. */
  static List<String> command(Path directory, List<String> will) {
    List<String> words = new ArrayList<>(List.of("/bin/sh", "-c", TEXT, "pyvisor-reaper"));
    words.add(directory.toString());
    words.addAll(will);
    return words;
  }

  /**
   * The runner is gone: what it leaves is removed, but for the directory, which is the client's.
   */
  public void clean() {
    remains.removal().run();
    if (waiting != null) {
      dismiss(waiting);
    }
  }

  private static void dismiss(Process waiting) {
    try (OutputStream pipe = waiting.getOutputStream()) {
      pipe.write((ALL_DONE + "\n").getBytes(StandardCharsets.US_ASCII));
      pipe.flush();
      if (waiting.waitFor(END.toNanos(), TimeUnit.NANOSECONDS)) {
        return;
      }
    } catch (IOException gone) {
      LOG.debug("process {} is gone: {}", waiting.pid(), gone.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    waiting.toHandle().destroyForcibly();
  }
}
