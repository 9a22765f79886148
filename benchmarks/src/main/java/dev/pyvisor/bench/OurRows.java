package dev.pyvisor.bench;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.CheckpointPolicy;
import dev.pyvisor.Defaults;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.bench.Row.Yardstick;
import dev.pyvisor.bench.python.Interpreter;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Pyvisor through its public interface and the pipe backend. */
final class OurRows {
  private static final int COLD_EVERY = 10;

  private OurRows() {}

  static List<Row> all() {
    return List.of(
        row("cell", "empty cell", Yardstick.ECHO, Ours::emptyCell),
        row("print", "print of a line, until the listener has it", Yardstick.ECHO, Ours::print),
        row("tool", "tool call, seen from Python", Yardstick.ECHO, ours -> ours.timed("nothing()")),
        row(
            "tool-never",
            "tool call, seen from Python, checkpoints never",
            Yardstick.ECHO,
            CheckpointPolicy.NEVER,
            ours -> ours.timed("nothing()")),
        row(
            "tool-request",
            "tool call with 950 kB argument",
            Yardstick.ECHO_LARGE,
            ours -> ours.timed("length(payload)")),
        row(
            "tool-result",
            "tool call with 950 kB result",
            Yardstick.ECHO_LARGE,
            ours -> ours.timed("payload_of_host()")),
        row("output", "950 kB printed", Yardstick.ECHO_LARGE, Ours::printLarge),
        new Row(
            "cold",
            "pyvisor: cold start to first result",
            Yardstick.PYTHON_START,
            COLD_EVERY,
            OurRows::cold));
  }

  /** Does it once and returns the nanoseconds. */
  private interface Step {
    long run(Ours ours) throws Exception;
  }

  private static Row row(String key, String title, Yardstick yardstick, Step step) {
    return row(key, title, yardstick, Defaults.CHECKPOINTS, step);
  }

  private static Row row(
      String key, String title, Yardstick yardstick, CheckpointPolicy policy, Step step) {
    return new Row(
        key,
        "pyvisor: " + title,
        yardstick,
        1,
        workbench -> {
          Ours ours =
              workbench.subject(
                  "ours-" + policy.wireName(),
                  Ours.class,
                  interpreter -> new Ours(interpreter, policy));
          return new Probe(ours, () -> step.run(ours));
        });
  }

  private static Probe cold(Workbench workbench) {
    ShortLived<Ours> current = new ShortLived<>();
    return new Probe(
        current,
        () -> {
          long begin = System.nanoTime();
          try (Ours ours = current.hold(new Ours(workbench.interpreter(), Defaults.CHECKPOINTS))) {
            ours.emptyCell();
            return System.nanoTime() - begin;
          }
        });
  }

  private static final class Ours implements Subject {
    private final SupervisorClient client;
    private final Session session;

    Ours(Interpreter interpreter, CheckpointPolicy policy) {
      String payload = "x".repeat(BenchLimits.LARGE);
      client =
          SupervisorClient.builder()
              .python(interpreter.path())
              .checkpoints(policy)
              .trusted()
              .tool(Tool.named("nothing").handler((arguments, context) -> 0))
              .tool(
                  Tool.named("length")
                      .parameter("text", String.class, "what is measured")
                      .handler(
                          (arguments, context) -> arguments.get("text", String.class).length()))
              .tool(Tool.named("payload_of_host").handler((arguments, context) -> payload))
              .open();
      session = client.session();
    }

    long emptyCell() throws IOException {
      long begin = System.nanoTime();
      expectOk(session.execute(""));
      return System.nanoTime() - begin;
    }

    long print() throws IOException {
      CompletableFuture<Long> arrival = new CompletableFuture<>();
      CellListener listener =
          new CellListener() {
            @Override
            public void onOutput(OutputChunk chunk) {
              arrival.complete(System.nanoTime());
            }
          };
      long begin = System.nanoTime();
      expectOk(session.execute(Cell.of("print('a line')").listener(listener)));
      return arrival.join() - begin;
    }

    long printLarge() throws IOException {
      long begin = System.nanoTime();
      Outcome outcome = session.execute("print('x' * " + BenchLimits.LARGE + ")");
      long end = System.nanoTime();
      expectOk(outcome);
      expect(outcome.stdout().size() == BenchLimits.LARGE + 1, "the output arrived whole");
      return end - begin;
    }

    /** Python takes the time around the call alone: the cell around it has a row of its own. */
    long timed(String call) throws IOException {
      String code =
          "import time\n"
              + "payload = globals().get('payload') or 'x' * "
              + BenchLimits.LARGE
              + "\nbegin = time.perf_counter_ns()\n"
              + "result = await "
              + call
              + "\ntime.perf_counter_ns() - begin";
      Outcome outcome = session.execute(Cell.of(code).withValue());
      expectOk(outcome);
      return outcome.value().orElseThrow().as(Long.class);
    }

    private static void expectOk(Outcome outcome) throws IOException {
      expect(outcome.ok(), outcome.toString());
    }

    private static void expect(boolean held, String what) throws IOException {
      if (!held) {
        throw new IOException("not so: " + what);
      }
    }

    @Override
    public void abort() {
      client.close();
    }

    @Override
    public void close() {
      client.close();
    }
  }
}
