package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut;
import dev.pyvisor.contract.chaos.Cut.Direction;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.outcome.Outcome;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The standard load on a link that is cut after a random number of bytes, on average every 64 KiB:
 * cells that print on both streams and call a tool with 1 B to 1 MiB, which comes back.
 */
@Limit(seconds = 1800, why = "ten seeds of two thousand calls where everything is run")
@ExtendWith({Census.class, HangReport.class})
class WebsocketLoadTest {
  private static final int MEAN = 65_536;
  private static final int CALLS = 10; // of one cell
  private static final int LINES = 5_200; // of one cell, on each stream: 64 MiB in 200 cells
  private static final int LARGEST = 1_048_576;

  private int cells;
  private int calls;
  private long cuts;
  private long bytes;

  @Test
  @Rule({"W35", "W45"})
  void random_cuts_lose_nothing_and_double_nothing_of_the_standard_load() throws Exception {
    Counts seeds = Counts.of(1, 2, 10);
    Counts cellsOfSeed = Counts.of(8, 40, 200);
    Counts cutsOfSeed = Counts.of(100, 300, 1000);
    long first = new Random().nextLong();
    for (int i = 0; i < seeds.now(); i++) {
      load(first + i, cellsOfSeed.now(), cutsOfSeed.now());
    }
    Evidence.record(
        "the standard load on a link cut every 64 KiB on average",
        List.of("F10", "R5", "R7"),
        "%d cuts in %d cells of %d seeds from %d on: %d calls each made once, %d characters printed, hashes equal"
            .formatted(cuts, cells, seeds.now(), first, calls, bytes),
        cutsOfSeed,
        first);
  }

  private void load(long seed, int atLeast, int cutsAtLeast) throws Exception {
    Random sizes = new Random(seed);
    Tally tally = new Tally();
    try (ChaosProxy proxy = new ChaosProxy(randomCuts(new Random(~seed)));
        SupervisorClient client = Proxied.by(proxy).tool(tally.tool()).open()) {
      assertThat(client.session().execute("kept = 41").error()).isEmpty();
      long runner = client.runner().pid();
      int count = 0;
      while (count < atLeast || proxy.cuts() < cutsAtLeast) {
        oneCell(client, count++ * CALLS, sizes, seed);
      }
      tally.readsOneForEachOf(count * CALLS);
      assertThat(client.runner().pid()).as("seed %s", seed).isEqualTo(runner);
      assertThat(client.session().generation()).as("seed %s", seed).isEqualTo(1);
      cuts += proxy.cuts();
    }
  }

  private void oneCell(SupervisorClient client, int firstKey, Random sizes, long seed)
      throws Exception {
    List<Integer> ballasts = new ArrayList<>();
    MessageDigest results = MessageDigest.getInstance("SHA-256");
    for (int i = 0; i < CALLS; i++) {
      int size = (int) Math.exp(sizes.nextDouble() * Math.log(LARGEST));
      ballasts.add(size);
      String result = firstKey + i + ballast(firstKey + i, size);
      results.update(result.getBytes(StandardCharsets.UTF_8));
    }
    Outcome outcome =
        client
            .session()
            .execute(
                """
                import asyncio, hashlib, sys
                for i in range(%d):
                    print('out', i, 'é🙂')
                    print('err', i, '🙂é', file=sys.stderr)
                sizes = %s
                def ballast(key, size): return (f'{key}é🙂' * size)[:size]
                results = await asyncio.gather(*(tally(key, ballast(key, size)) for key, size in enumerate(sizes, %d)))
                print(hashlib.sha256(''.join(results).encode()).hexdigest(), kept)
                """
                    .formatted(LINES, ballasts, firstKey));
    assertThat(outcome.error()).as("seed %s", seed).isEmpty();
    assertThat(outcome.stdoutText())
        .as("seed %s", seed)
        .isEqualTo(lines("out", "é🙂") + HexFormat.of().formatHex(results.digest()) + " 41\n");
    assertThat(outcome.stderrText()).as("seed %s", seed).isEqualTo(lines("err", "🙂é"));
    assertThat(outcome.toolCalls()).as("seed %s", seed).isEqualTo(CALLS);
    bytes += outcome.stdoutText().length() + outcome.stderrText().length();
    cells++;
    calls += CALLS;
  }

  /** As Python cuts it: by characters of Unicode. */
  private static String ballast(int key, int size) {
    int[] unit = (key + "é🙂").codePoints().toArray();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < size; i++) {
      text.appendCodePoint(unit[i % unit.length]);
    }
    return text.toString();
  }

  private static String lines(String stream, String text) {
    return IntStream.range(0, LINES)
        .mapToObj(i -> stream + " " + i + " " + text + "\n")
        .collect(Collectors.joining());
  }

  private static IntFunction<Cut> randomCuts(Random random) {
    return connection -> {
      synchronized (random) {
        return new Cut(
            random.nextBoolean() ? Direction.TO_HOST : Direction.TO_RUNNER,
            1 + (long) (-Math.log(1 - random.nextDouble()) * MEAN),
            random.nextBoolean() ? How.FIN : How.RST);
      }
    };
  }
}
