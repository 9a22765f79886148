package dev.pyvisor.bench.python;

import dev.pyvisor.bench.BenchLimits;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A Python process that runs one of our scripts.
 *
 * <p>Thread-safe: immutable, but for its streams, of which each has one user.
 */
public final class PythonChild implements AutoCloseable {
  private final Process process;

  private PythonChild(Process process) {
    this.process = process;
  }

  /** Starts {@code script}; what it says on stderr goes where {@code stderr} says. */
  public static PythonChild start(Path python, Script script, Redirect stderr, String... arguments)
      throws IOException {
    // No site: the scripts need the standard library only, and site-packages differ by machine.
    return start(List.of(python.toString(), "-I", "-S"), script, stderr, arguments);
  }

  /** The same with the interpreter's own options, for scripts that need installed packages. */
  public static PythonChild start(
      List<String> interpreter, Script script, Redirect stderr, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(interpreter);
    command.add("-c");
    command.add(script.text());
    command.addAll(List.of(arguments));
    return new PythonChild(new ProcessBuilder(command).redirectError(stderr).start());
  }

  public InputStream stdout() {
    return process.getInputStream();
  }

  /** Buffered: what is written goes out by {@code flush}. */
  public OutputStream stdin() {
    return new BufferedOutputStream(process.getOutputStream());
  }

  public InputStream stderr() {
    return process.getErrorStream();
  }

  public long pid() {
    return process.pid();
  }

  public boolean alive() {
    return process.isAlive();
  }

  /** Ends the process, and so frees whoever reads from it or writes to it. Does not wait. */
  public void kill() {
    // Process.destroyForcibly closes stdin first, and that waits for a thread stuck in write().
    process.toHandle().descendants().forEach(ProcessHandle::destroyForcibly);
    process.toHandle().destroyForcibly();
  }

  /** Ends the process and waits until it has gone. */
  @Override
  public void close() {
    kill();
    await();
  }

  /** Waits until the process has gone, and kills it when that takes too long. */
  public void await() {
    try {
      process.onExit().get(BenchLimits.GOODBYE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      kill();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException("no exit status of process " + pid(), e);
    }
  }
}
