package dev.pyvisor.transport.launch;

import dev.pyvisor.Defaults;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.commons.exec.CommandLine;
import org.apache.commons.exec.DefaultExecutor;
import org.apache.commons.exec.ExecuteWatchdog;
import org.apache.commons.exec.PumpStreamHandler;

/**
 * Runs commands that end by themselves: those by which launchers ask, try and remove. None is read
 * by a shell, and each is killed at its limit.
 *
 * <p>Thread-safe: it holds no state.
 */
final class Commands {
  private Commands() {}

  /**
   * What a command came to.
   *
   * <p>Immutable.
   *
   * @param status its exit status; of one that was killed not 0
   * @param out what it wrote to standard output, the first {@link Defaults#COMMAND_OUTPUT} bytes
   * @param err the same of standard error
   * @param late whether it was killed at its limit
   */
  record Result(int status, String out, String err, boolean late) {
    boolean succeeded() {
      return status == 0 && !late;
    }

    /** Why it failed, on one line. */
    String complaint() {
      String words = (err.isBlank() ? out : err).strip().replaceAll("\\s*\\R\\s*", "; ");
      return (late ? "it did not end in time" : "exit status " + status)
          + (words.isEmpty() ? "" : ": " + words);
    }
  }

  /** Runs it with this environment and no input, at most {@link Defaults#COMMAND_LIMIT} long. */
  static Result run(List<String> command, Map<String, String> environment) throws IOException {
    return run(command, environment, Defaults.COMMAND_LIMIT);
  }

  /**
   * The same with a limit of its own.
   *
   * @throws IOException when it cannot be started
   */
  static Result run(List<String> command, Map<String, String> environment, Duration limit)
      throws IOException {
    CommandLine line = new CommandLine(command.get(0));
    // Not parsed once more: what looks like a quote is one.
    command.subList(1, command.size()).forEach(argument -> line.addArgument(argument, false));
    Kept out = new Kept();
    Kept err = new Kept();
    PumpStreamHandler streams = new PumpStreamHandler(out, err, InputStream.nullInputStream());
    // What it leaves behind may hold its output open; that is nobody's then.
    streams.setStopTimeout(limit);
    ExecuteWatchdog watchdog = ExecuteWatchdog.builder().setTimeout(limit).get();
    DefaultExecutor executor = DefaultExecutor.builder().setExecuteStreamHandler(streams).get();
    executor.setWatchdog(watchdog);
    executor.setExitValues(null);
    int status = executor.execute(line, environment);
    return new Result(status, out.text(), err.text(), watchdog.killedProcess());
  }

  /**
   * The beginning of what is written.
   *
   * <p>Guarded by this.
   */
  private static final class Kept extends OutputStream {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public synchronized void write(int one) {
      write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] data, int offset, int length) {
      bytes.write(data, offset, Math.min(length, Defaults.COMMAND_OUTPUT - bytes.size()));
    }

    synchronized String text() {
      return bytes.toString(StandardCharsets.UTF_8);
    }
  }
}
