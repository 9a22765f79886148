package dev.pyvisor.bench;

import dev.langchain4j.agent.tool.P;
import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.CheckpointPolicy;
import dev.pyvisor.Launcher;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.SupervisorClient.Builder;
import dev.pyvisor.bench.python.Interpreter;
import dev.pyvisor.langchain4j.HostTools;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * A client of ours with tools to call.
 *
 * <p>Confined to the measuring thread, but for {@link #abort}.
 */
final class Ours implements Subject {
  private final SupervisorClient client;
  private final Session session;

  /** The same tool as LangChain4j has it. */
  private static final class Adder {
    @dev.langchain4j.agent.tool.Tool(name = "add_by_langchain4j")
    int add(@P(name = "a", value = "") int a, @P(name = "b", value = "") int b) {
      return a + b;
    }
  }

  Ours(Interpreter interpreter, String backend, CheckpointPolicy policy) {
    this(interpreter, backend, policy, builder -> builder.launcher(Launcher.PROCESS));
  }

  Ours(
      Interpreter interpreter,
      String backend,
      CheckpointPolicy policy,
      Consumer<Builder> launcher) {
    String payload = "x".repeat(BenchLimits.LARGE);
    Builder builder =
        SupervisorClient.builder()
            .backend(backend)
            .python(interpreter.path())
            .checkpoints(policy)
            .trusted()
            .tool(Tool.named("nothing").handler((arguments, context) -> 0))
            .tool(
                Tool.named("length")
                    .parameter("text", String.class, "what is measured")
                    .handler((arguments, context) -> arguments.get("text", String.class).length()))
            .tool(
                Tool.named("add")
                    .parameter("a", int.class, "")
                    .parameter("b", int.class, "")
                    .handler(
                        (arguments, context) ->
                            arguments.get("a", Integer.class) + arguments.get("b", Integer.class)))
            .tools(HostTools.of(new Adder()))
            .tool(Tool.named("payload_of_host").handler((arguments, context) -> payload));
    launcher.accept(builder);
    client = builder.open();
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

  /** Output that is handed on; of so much no outcome could keep all. */
  long printStream() throws IOException {
    LongAdder bytes = new LongAdder();
    CellListener listener =
        new CellListener() {
          @Override
          public void onOutput(OutputChunk chunk) {
            bytes.add(chunk.size());
          }
        };
    String code =
        "import os\nfor _ in range(%d): os.write(1, b'x' * %d)"
            .formatted(BenchLimits.STREAM_PIECES, BenchLimits.STREAM_PIECE);
    long begin = System.nanoTime();
    expectOk(session.execute(Cell.of(code).listener(listener)));
    long end = System.nanoTime();
    expect(
        bytes.sum() == (long) BenchLimits.STREAM_PIECES * BenchLimits.STREAM_PIECE,
        "the stream arrived whole");
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
