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
import java.util.ArrayList;
import java.util.List;

/** The yardsticks of what is done by fork: a bare Python process with the same heap. */
final class ForkRows {
  private ForkRows() {}

  static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    for (Heap heap : Heap.values()) {
      rows.add(row(heap, heap.fork(), "os.fork", Unit.NANOS, "fork"));
      rows.add(row(heap, heap.work(), "CPU time of os.fork", Unit.NANOS, "work"));
    }
    for (Heap heap : List.of(Heap.SMALL, Heap.LARGE)) {
      rows.add(row(heap, kill(heap), "kill -9 until the parent knows", Unit.NANOS, "kill"));
    }
    rows.add(
        row(Heap.SMALL, Yardstick.FORK_MEMORY, "private memory of a fork", Unit.BYTES, "memory"));
    return List.copyOf(rows);
  }

  /** What the end of a bare process with this heap costs. */
  static Yardstick kill(Heap heap) {
    return heap == Heap.LARGE ? Yardstick.KILL_1G : Yardstick.KILL_10M;
  }

  private static Row row(Heap heap, Yardstick yardstick, String title, Unit unit, String word) {
    return new Row(
        yardstick.key(),
        "bare python, " + heap.text() + ": " + title,
        yardstick,
        unit,
        heap.every(),
        workbench -> {
          heap.requireRoom(workbench);
          Forks forks =
              workbench.subject("forks-" + heap.key(), Forks.class, any -> new Forks(any, heap));
          return new Probe(forks, () -> forks.ask(word));
        });
  }

  /** A Python process with a heap that forks itself and says what that cost. */
  private static final class Forks implements Subject {
    private final PythonChild child;
    private final OutputStream out;
    private final BufferedReader in;

    Forks(Interpreter interpreter, Heap heap) throws IOException {
      child = PythonChild.start(interpreter.path(), Script.FORKS, Redirect.INHERIT, heap.code());
      out = child.stdin();
      in = new BufferedReader(new InputStreamReader(child.stdout(), StandardCharsets.UTF_8));
    }

    long ask(String word) throws IOException {
      out.write((word + "\n").getBytes(StandardCharsets.UTF_8));
      out.flush();
      String line = in.readLine();
      if (line == null) {
        throw new EOFException("the process that forks itself has ended");
      }
      return Long.parseLong(line);
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
