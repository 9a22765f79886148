package dev.pyvisor.bench;

import dev.pyvisor.bench.Row.Yardstick;
import dev.pyvisor.bench.python.Interpreter;
import dev.pyvisor.bench.python.PythonChild;
import dev.pyvisor.bench.python.Script;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** An ipykernel as notebooks drive it, where the interpreter has one. */
final class IpykernelRows {
  private IpykernelRows() {}

  static List<Row> all() {
    return List.of(
        new Row(
            "ipykernel-cell",
            "ipykernel: empty cell, request to idle",
            Yardstick.ECHO,
            1,
            workbench -> {
              Driver driver = workbench.subject(Driver.class, Driver::start);
              return new Probe(driver, driver::cell);
            }));
  }

  private static final class Driver implements Subject {
    private final Path folder;
    private final PythonChild child;
    private final OutputStream out;
    private final BufferedReader in;

    private Driver(Path folder, PythonChild child) {
      this.folder = folder;
      this.child = child;
      out = child.stdin();
      in = new BufferedReader(new InputStreamReader(child.stdout(), StandardCharsets.UTF_8));
    }

    static Driver start(Interpreter interpreter) throws IOException, RowUnavailable {
      Path folder = Files.createTempDirectory("pyvisor-bench-");
      List<String> command = List.of(interpreter.path().toString(), "-I");
      Driver driver =
          new Driver(
              folder,
              PythonChild.start(command, Script.IPYKERNEL, Redirect.DISCARD, folder.toString()));
      // Starting a kernel has a time-out of its own in the driver.
      String greeting = driver.in.readLine();
      if (greeting == null || !greeting.startsWith("ready")) {
        driver.close();
        throw new RowUnavailable(
            greeting == null ? "its kernel does not start" : "not installed (" + greeting + ")");
      }
      return driver;
    }

    long cell() throws IOException {
      out.write('\n');
      out.flush();
      String line = in.readLine();
      if (line == null) {
        throw new EOFException("the ipykernel driver has ended");
      }
      return Long.parseLong(line);
    }

    @Override
    public void abort() {
      child.kill();
    }

    @Override
    public void close() {
      try {
        // At the end of its input the driver shuts its kernel down.
        out.close();
      } catch (IOException e) {
        // It has ended already.
      }
      child.await();
      child.close();
      deleteFolder();
    }

    private void deleteFolder() {
      try (Stream<Path> tree = Files.walk(folder)) {
        for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(path);
        }
      } catch (IOException e) {
        System.err.println("cannot delete " + folder + ": " + e.getMessage());
      }
    }
  }
}
