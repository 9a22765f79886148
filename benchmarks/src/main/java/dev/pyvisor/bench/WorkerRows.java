package dev.pyvisor.bench;

import dev.pyvisor.bench.Row.Yardstick;
import dev.pyvisor.bench.python.Interpreter;
import dev.pyvisor.bench.python.PythonChild;
import dev.pyvisor.bench.python.Script;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The worker that people write by hand: JSON lines in, {@code exec}, JSON lines out. No state
 * report, no streaming, no tools, no supervision: it shows what those cost.
 */
final class WorkerRows {
  private WorkerRows() {}

  static List<Row> all() {
    String large = "x".repeat(BenchLimits.LARGE);
    return List.of(
        row("worker-cell", "JSON-lines worker: empty cell", Yardstick.ECHO, "", 0),
        row(
            "worker-request",
            "JSON-lines worker: 950 kB in the code",
            Yardstick.ECHO_LARGE,
            "payload = '" + large + "'",
            0),
        row(
            "worker-output",
            "JSON-lines worker: 950 kB printed",
            Yardstick.ECHO_LARGE,
            "print('x' * " + BenchLimits.LARGE + ")",
            BenchLimits.LARGE + 1));
  }

  private static Row row(String key, String title, Yardstick yardstick, String code, int expected) {
    return new Row(
        key,
        title,
        yardstick,
        1,
        workbench -> {
          Worker worker = workbench.subject(Worker.class, Worker::new);
          return Probe.timing(worker, () -> worker.execute(code, expected));
        });
  }

  private static final class Worker implements Subject {
    private final JsonMapper json = JsonMapper.shared();
    private final PythonChild child;
    private final Writer out;
    private final BufferedReader in;
    private int cells;

    Worker(Interpreter interpreter) throws IOException {
      child = PythonChild.start(interpreter.path(), Script.JSON_LINES, Redirect.INHERIT);
      out = new BufferedWriter(new OutputStreamWriter(child.stdin(), StandardCharsets.UTF_8));
      in = new BufferedReader(new InputStreamReader(child.stdout(), StandardCharsets.UTF_8));
    }

    void execute(String code, int expectedOutput) throws IOException {
      int id = ++cells;
      out.write(json.writeValueAsString(Map.of("id", id, "code", code)));
      out.write('\n');
      out.flush();
      String line = in.readLine();
      if (line == null) {
        throw new EOFException("the worker has ended");
      }
      JsonNode answer = json.readTree(line);
      if (answer.path("id").asInt() != id
          || !answer.path("error").isNull()
          || answer.path("stdout").asString().length() != expectedOutput) {
        throw new IOException("the worker's answer to cell " + id + " is wrong");
      }
    }

    @Override
    public void abort() {
      child.kill();
    }

    @Override
    public void close() {
      child.close();
    }
  }
}
