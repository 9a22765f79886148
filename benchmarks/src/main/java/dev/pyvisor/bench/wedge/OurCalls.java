package dev.pyvisor.bench.wedge;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.bench.BenchLimits;
import dev.pyvisor.bench.Samples;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.CRC32;

/**
 * The same load on Pyvisor: twelve tool calls with large arguments, or large results, one after
 * another or all at once, through the real client and the real runner.
 *
 * <p>Confined to the thread that opened it.
 */
final class OurCalls implements AutoCloseable {
  /** What is large. */
  enum Way {
    REQUEST("tool requests", "request"),
    RESULT("tool results", "result");

    private final String title;
    private final String function;

    Way(String title, String function) {
      this.title = title;
      this.function = function;
    }

    @Override
    public String toString() {
      return title;
    }
  }

  /** How the twelve calls follow each other. */
  enum Order {
    IN_TURN("one after another", "[await one_%s(i) for i in range(%d)]"),
    AT_ONCE("all at once", "await asyncio.gather(*(one_%s(i) for i in range(%d)))");

    private final String title;
    private final String code;

    Order(String title, String code) {
      this.title = title;
      this.code = code;
    }

    @Override
    public String toString() {
      return title;
    }
  }

  private static final String PREPARE =
      """
      import asyncio, time, zlib
      texts = [f'{i:05d}' * (%1$d // 5) for i in range(%2$d)]
      sums = [zlib.crc32(text.encode()) for text in texts]
      async def one_request(i):
          begin = time.perf_counter_ns()
          crc = await take(texts[i])
          took = time.perf_counter_ns() - begin
          assert crc == sums[i], f'request {i} arrived changed'
          return took
      async def one_result(i):
          begin = time.perf_counter_ns()
          text = await give(i)
          took = time.perf_counter_ns() - begin
          assert text == texts[i], f'result {i} arrived changed'
          return took
      """
          .formatted(BenchLimits.LARGE, BenchLimits.AT_ONCE);

  private final SupervisorClient client;
  private final Session session;

  OurCalls(Path python) throws IOException {
    client = SupervisorClient.builder().python(python).trusted().tool(take()).tool(give()).open();
    session = client.session();
    run(Cell.of(PREPARE));
  }

  /** Twelve calls, {@code rounds} times; the durations as Python sees them. */
  Samples calls(Way way, Order order, int rounds) throws IOException {
    Samples samples = new Samples();
    String code = order.code.formatted(way.function, BenchLimits.AT_ONCE);
    for (int round = 0; round < rounds; round++) {
      for (long nanos : run(Cell.of(code).withValue()).value().orElseThrow().as(long[].class)) {
        samples.add(nanos);
      }
    }
    return samples;
  }

  private Outcome run(Cell cell) throws IOException {
    Outcome outcome = session.execute(cell);
    if (!outcome.ok()) {
      throw new IOException(outcome.toString());
    }
    return outcome;
  }

  private static Tool take() {
    return Tool.named("take")
        .parameter("text", String.class, "large")
        .handler((arguments, context) -> crc(arguments.get("text", String.class)));
  }

  private static Tool give() {
    return Tool.named("give")
        .parameter("index", int.class, "what the text is made of")
        .handler(
            (arguments, context) ->
                String.format("%05d", arguments.get("index", Integer.class))
                    .repeat(BenchLimits.LARGE / 5));
  }

  private static long crc(String text) {
    CRC32 crc = new CRC32();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    return crc.getValue();
  }

  @Override
  public void close() {
    client.close();
  }
}
