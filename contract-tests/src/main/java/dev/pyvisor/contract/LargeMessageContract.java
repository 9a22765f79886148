package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Heavy;
import dev.pyvisor.contract.backend.Row;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.MachineShare;
import dev.pyvisor.contract.load.Latencies;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.tool.Tool;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/**
 * Large tool requests and results neither wedge nor mix. Each call's duration is taken in Python,
 * around the call alone; contents are compared by CRC-32 on both sides.
 *
 * <p>An implementation runs this once for each condition that it names: small pipes, a busy
 * machine.
 */
@Limit(seconds = 14_400, why = "the full count moves 23 GB in each of four ways on a busy machine")
public interface LargeMessageContract extends RunnerContract {
  /** Bytes of one argument or result. */
  int BYTES = 950_000;

  /** Calls of one round. */
  int CALLS = 12;

  /**
   * A call above this has hung, whatever it does later: a pipe that wedges never goes on by itself.
   * What other programs took of the machine meanwhile does not count: beside a second build, a call
   * waits for its turn.
   */
  Duration WEDGED = Duration.ofSeconds(2);

  /**
   * The same where each value is escaped into one line of text, and the lines of all calls wait for
   * each other: beside six busy loops a call took 2.25 s once.
   */
  Duration WEDGED_IN_LINES = Duration.ofSeconds(10);

  /** H1: within this the twelve are all answered, and so are the sixty-four. */
  Duration ALL_AT_ONCE = Duration.ofSeconds(10);

  /**
   * The sixty-four where H1 does not reach, four times as long. Beside busy loops a quarter of two
   * cores is left: 5.7 s were measured, and a machine of half the speed takes twice as long. In the
   * line dialect each value is escaped into one line of text, twice: 8.2 s beside another JVM's
   * tests, and 10.7 s beside busy loops on such a machine. No share of a machine tells its speed.
   */
  Duration ALL_AT_ONCE_SLOWLY = ALL_AT_ONCE.multipliedBy(4);

  /** What the figures were taken under, for the record: "idle, 64 KiB pipes". */
  String condition();

  /** Whether busy loops of the test's own take most of the machine. */
  default boolean besideBusyLoops() {
    return false;
  }

  /** Whose backend is under test. */
  Row row();

  @Test
  @Rule({"C115", "H1"})
  default void large_requests_one_after_another() {
    measure("requests, one after another", "[await one_request(i) for i in range(12)]");
  }

  @Test
  @Rule({"C115", "H1"})
  default void large_requests_all_at_once() {
    measure("requests, all at once", "await asyncio.gather(*(one_request(i) for i in range(12)))");
  }

  @Test
  @Rule({"C115", "H1"})
  default void large_results_one_after_another() {
    measure("results, one after another", "[await one_result(i) for i in range(12)]");
  }

  @Test
  @Rule({"C115", "H1"})
  default void large_results_all_at_once() {
    measure("results, all at once", "await asyncio.gather(*(one_result(i) for i in range(12)))");
  }

  @Test
  @Rule("H1")
  @Limit(seconds = 120, why = "122 MB cross two pipes of perhaps 4,096 bytes on a busy machine")
  @Heavy(why = "122 MB in both directions")
  default void sixty_four_calls_at_once_carry_large_requests_and_large_results() {
    Tool both =
        Tool.named("both")
            .parameter("text", String.class, "large")
            .handler(
                (arguments, context) ->
                    new StringBuilder(arguments.get("text", String.class)).reverse().toString());
    boolean slowly = besideBusyLoops() || !row().backend().carriesFrames();
    try (SupervisorClient client = open(both)) {
      Session session = client.session();
      Duration all = Duration.ZERO;
      for (int calls : List.of(CALLS, 64)) {
        MachineShare share = MachineShare.since();
        long start = System.nanoTime();
        Outcome outcome =
            session.execute(
                "import asyncio\n"
                    + "async def one(i):\n"
                    + "    text = f'{i:06d}|' * (950_000 // 7)\n"
                    + "    return await both(text) == text[::-1]\n"
                    + "print(all(await asyncio.gather(*(one(i) for i in range("
                    + calls
                    + ")))))");
        assertThat(outcome.error()).isEmpty();
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        assertThat(outcome.stdoutText()).isEqualTo("True\n");
        share.assertBelow(slowly && calls > CALLS ? ALL_AT_ONCE_SLOWLY : ALL_AT_ONCE, took);
        all = all.plus(took);
      }
      Evidence.record(
          "12, then 64 calls at once with 950,000 bytes both ways, " + condition(),
          List.of("H1"),
          all.toMillis() + " ms in all",
          Counts.always(1));
    }
  }

  private void measure(String way, String round) {
    Counts counts = Counts.of(3, 60, 1000);
    Duration wedged = row().backend().carriesFrames() ? WEDGED : WEDGED_IN_LINES;
    Latencies latencies = new Latencies();
    try (SupervisorClient client = open(taking(), giving())) {
      Session session = client.session();
      assertThat(session.execute(PREPARE).error()).isEmpty();
      for (int i = 0; i < counts.now(); i++) {
        // Printed, for a backend may have no other way to tell.
        MachineShare share = MachineShare.since();
        Outcome outcome = session.execute("print(*(" + round + "))");
        assertThat(outcome.error()).isEmpty();
        Duration slowest = Duration.ZERO;
        for (String seconds : outcome.stdoutText().strip().split(" ")) {
          Duration took = Duration.ofNanos((long) (Double.parseDouble(seconds) * 1e9));
          latencies.add(took);
          slowest = took.compareTo(slowest) > 0 ? took : slowest;
        }
        share.assertBelow(wedged, slowest);
      }
    }
    assertThat(latencies.count()).isEqualTo(counts.now() * CALLS);
    Evidence.record(
        "950,000 bytes x 12 as tool " + way + ", " + condition(),
        List.of("C115", "H1"),
        latencies.summary(),
        counts);
  }

  private static Tool taking() {
    return Tool.named("take")
        .parameter("text", String.class, "large")
        .handler((arguments, context) -> crc(arguments.get("text", String.class)));
  }

  private static Tool giving() {
    return Tool.named("give")
        .parameter("index", int.class, "what the text is made of")
        .handler((arguments, context) -> text(arguments.get("index", Integer.class)));
  }

  private static String text(int index) {
    return String.format("%05d", index).repeat(BYTES / 5);
  }

  private static long crc(String text) {
    CRC32 crc = new CRC32();
    crc.update(text.getBytes(StandardCharsets.US_ASCII));
    return crc.getValue();
  }

  /** Defines one call of each kind, which gives its own duration in seconds. */
  String PREPARE =
      """
      import asyncio, time, zlib
      texts = [f'{i:05d}' * (950_000 // 5) for i in range(12)]
      sums = [zlib.crc32(text.encode()) for text in texts]
      async def one_request(i):
          start = time.monotonic()
          crc = await take(texts[i])
          took = time.monotonic() - start
          assert crc == sums[i], f'request {i} arrived changed'
          return took
      async def one_result(i):
          start = time.monotonic()
          text = await give(i)
          took = time.monotonic() - start
          assert text == texts[i], f'result {i} arrived changed'
          return took
      """;
}
