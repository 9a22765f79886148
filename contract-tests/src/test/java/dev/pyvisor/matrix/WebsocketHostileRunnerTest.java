package dev.pyvisor.matrix;

import static dev.pyvisor.matrix.HostileRunner.BINARY;
import static dev.pyvisor.matrix.HostileRunner.CLOSE;
import static dev.pyvisor.matrix.HostileRunner.PING;
import static dev.pyvisor.matrix.HostileRunner.PONG;
import static dev.pyvisor.matrix.HostileRunner.TEXT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.error.ProtocolViolated;
import dev.pyvisor.error.RunnerException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a runner that belongs to somebody else can do to its host: the host has a typed failure, and
 * nothing is left.
 */
@ExtendWith({Census.class, HangReport.class})
class WebsocketHostileRunnerTest {
  private static final String ATTACHED = "{\"incarnation\":\"%s\",\"attached\":1,\"received\":%s}";

  /** Until a host that goes on trying gives up: what heals nothing need not be waited for. */
  private static final Duration BRIEFLY = Duration.ofSeconds(1);

  /** The same where something must have happened by then. */
  private static final Duration LONG_ENOUGH = Duration.ofSeconds(4);

  /** The same where the host must not try again. */
  private static final Duration PATIENTLY = Duration.ofSeconds(10);

  /** Dials within that second that are no storm: at once, then after pauses that grow. */
  private static final int DIALS = 20;

  /** Bytes of a flood: several times what the buffers of two sockets hold. */
  private static final long FLOOD = 48L << 20;

  /** What a flood may cost; queued answers to it would cost several times as much. */
  private static final long GROWTH_MIB = 32;

  private static final byte[] PING_WORD = {5, 0, 0, 0, 0, 0, 0, 0, 1};
  private static final byte[] ODD_WORD = {-1, 1};

  @TempDir Path folder;
  private final AtomicLong peak = new AtomicLong();
  private final List<Throwable> uncaught = new CopyOnWriteArrayList<>();
  private Thread.@Nullable UncaughtExceptionHandler before;

  @BeforeEach
  void watchAllThreads() {
    before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, problem) -> uncaught.add(problem));
  }

  @AfterEach
  void noThreadDiedOfIt() {
    Thread.setDefaultUncaughtExceptionHandler(before);
    assertThat(uncaught).isEmpty();
  }

  /**
   * {@code rule}: what the failure names; empty where the host goes on trying until it gives up.
   */
  private record Hostility(String name, String rule, HostileRunner.Script script) {}

  @TestFactory
  @Limit(seconds = 30, why = "a host that goes on trying does so until the start's limit")
  Stream<DynamicTest> a_word_out_of_place_is_a_broken_rule() {
    String deep = "[".repeat(30_000) + "]".repeat(30_000);
    return Stream.of(
            new Hostility("a text", "REC-1", host -> host.attached().frame(TEXT, bytes("{}"))),
            new Hostility("an early unknown kind", "REC-1", host -> host.open().word(0x7f)),
            new Hostility("no byte", "REC-1", host -> host.attached().frame(BINARY, new byte[0])),
            new Hostility("an unknown kind", "REC-1", host -> host.attached().word(0x7f, 1)),
            new Hostility("an attach", "REC-1", host -> host.open().said(1, "{}")),
            new Hostility("a goodbye", "REC-1", host -> host.attached().said(7, "{}")),
            new Hostility("half a record", "REC-1", host -> host.attached().word(3, 0)),
            new Hostility("half a ping", "REC-1", host -> host.attached().said(5, "abc")),
            new Hostility("an early record", "REC-4", host -> host.open().record(0, 0, bytes("x"))),
            new Hostility("an early ack", "REC-4", host -> host.open().word(4, 0)),
            new Hostility(
                "attached twice", "REC-4", host -> host.attached().said(2, told("i", "0"))),
            new Hostility("no incarnation", "REC-4", host -> host.open().said(2, told("", "0"))),
            new Hostility("attached to a list", "REC-4", host -> host.open().said(2, "[]")),
            new Hostility("attached to null", "REC-4", host -> host.open().said(2, "null")),
            new Hostility("attached to nothing", "REC-", host -> host.open().said(2, "")),
            new Hostility("attached to no JSON", "REC-1", host -> host.open().said(2, "{")),
            new Hostility("deep JSON", "REC-1", host -> host.open().said(2, deep)),
            new Hostility("received -1", "REC-3", host -> host.open().said(2, told("i", "-1"))),
            new Hostility("received 1", "REC-3", host -> host.open().said(2, told("i", "1"))),
            new Hostility(
                "received text", "REC-3", host -> host.open().said(2, told("i", "\"x\""))),
            new Hostility(
                "received 2^63",
                "REC-3",
                host -> host.open().said(2, told("i", "9223372036854775808"))),
            new Hostility(
                "received nothing",
                "REC-3",
                host -> host.open().said(2, "{\"incarnation\":\"i\"}")),
            new Hostility("an ack ahead", "REC-3", host -> host.attached().word(4, 1L << 40)),
            new Hostility(
                "an ack of 2^63", "REC-3", host -> host.attached().word(4, Long.MIN_VALUE)),
            new Hostility("an ack of 2^64 - 1", "REC-3", host -> host.attached().word(4, -1)),
            new Hostility(
                "a record before 0", "REC-1", host -> host.attached().record(-1, 0, bytes("xy"))),
            new Hostility(
                "a record at 2^63",
                "REC-1",
                host -> host.attached().record(Long.MIN_VALUE, 0, bytes("xy"))),
            new Hostility(
                "no frames", "FRM-", host -> host.attached().record(0, 0, bytes("x".repeat(40)))))
        .map(hostility -> DynamicTest.dynamicTest(hostility.name, () -> endsBy(hostility)));
  }

  private void endsBy(Hostility hostility) throws IOException {
    Throwable failure = failure(PATIENTLY, hostility.script, new AtomicLong());
    assertThat(failure).isInstanceOfAny(ProtocolViolated.class, LaunchFailed.class);
    assertThat(failure).hasMessageContaining(hostility.rule);
  }

  @TestFactory
  @Limit(seconds = 30, why = "a host that goes on trying does so until the start's limit")
  Stream<DynamicTest> what_another_connection_might_heal_is_tried_again_but_in_no_storm() {
    return Stream.of(
            new Hostility("an end at once", "", host -> {}),
            new Hostility("an end after the request", "", HostileRunner.Host::request),
            new Hostility("an end after the attach", "", HostileRunner.Host::open),
            new Hostility("an end after its answer", "", HostileRunner.Host::attached),
            new Hostility("no answer", "", HostileRunner.Host::listen),
            new Hostility("no answer to the attach", "", host -> host.open().listen()),
            new Hostility(
                "an error", "", host -> host.open().said(9, "{\"code\":\"no\"}").listen()),
            new Hostility("a gap", "", host -> host.attached().record(9, 0, bytes("x")).listen()),
            new Hostility("nothing after it", "", host -> host.attached().listen()),
            new Hostility("a status", "", host -> answer(host, "HTTP/1.1 503 No\r\n\r\n")),
            new Hostility(
                "a redirect",
                "",
                host ->
                    answer(host, "HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:1/\r\n\r\n")),
            new Hostility("no HTTP", "", host -> answer(host, "SSH-2.0-x\r\n\r\n")),
            new Hostility(
                "another subprotocol",
                "",
                host -> host.raw(ascii(host.request().replace("pyvisor.v1", "x"))).listen()),
            new Hostility(
                "a proof of nothing",
                "",
                host -> host.raw(ascii(host.request().replaceAll("(Accept: ).*", "$1x"))).listen()),
            new Hostility(
                "an endless head",
                "",
                host -> endless(host, ascii("X: " + "x".repeat(1000) + "\r\n"))),
            new Hostility(
                "a masked frame", "", host -> host.attached().raw(new byte[] {-126, -128})),
            new Hostility(
                "a reserved bit", "", host -> host.attached().frame(0xc2, 1, new byte[1]).listen()),
            new Hostility(
                "a reserved opcode",
                "",
                host -> host.attached().frame(0x83, 1, new byte[1]).listen()),
            new Hostility(
                "1 TiB announced",
                "",
                host -> host.attached().frame(0x82, 1L << 40, new byte[9]).listen()),
            new Hostility(
                "10 MiB", "", host -> host.attached().frame(BINARY, new byte[10 << 20]).listen()),
            new Hostility(
                "a close", "", host -> host.attached().frame(CLOSE, new byte[] {3, (byte) 0xe8})),
            new Hostility("half a close", "", host -> host.attached().frame(CLOSE, new byte[] {3})))
        .map(hostility -> DynamicTest.dynamicTest(hostility.name, () -> isTriedAgain(hostility)));
  }

  private void isTriedAgain(Hostility hostility) throws IOException {
    AtomicLong dials = new AtomicLong();
    assertThat(failure(BRIEFLY, hostility.script, dials)).isInstanceOf(RunnerException.class);
    assertThat(dials).as("dials in %s", BRIEFLY).hasValueLessThanOrEqualTo(DIALS);
  }

  @Test
  void fragments_without_end_are_not_collected() throws IOException {
    Counts counts = Counts.of(200_000, 400_000, 1_000_000);
    AtomicLong dials = new AtomicLong();
    Throwable failure =
        failure(
            LONG_ENOUGH,
            host -> {
              host.attached().frame(BINARY, 0, new byte[0]);
              byte[] thousand = new byte[2_000]; // continuations without a byte
              for (int i = 0; i < counts.now() / 1_000; i++) {
                host.raw(thousand);
              }
              host.listen();
            },
            dials);
    assertThat(failure).isInstanceOf(RunnerException.class);
    assertThat(dials).as("the host left such a connection, and came again").hasValueGreaterThan(1);
  }

  @TestFactory
  Stream<DynamicTest> a_flood_costs_the_host_no_memory() {
    return Stream.of(
            new Hostility("pings", "", host -> flood(host, frame(0x80 | PING, new byte[125]))),
            new Hostility("pongs", "", host -> flood(host, frame(0x80 | PONG, new byte[125]))),
            new Hostility("pings of the link", "", host -> flood(host, frame(0x82, PING_WORD))),
            new Hostility(
                "what may be passed over", "", host -> flood(host, frame(0x82, ODD_WORD))))
        .map(hostility -> DynamicTest.dynamicTest(hostility.name, () -> leavesTheHeap(hostility)));
  }

  /** Many of them, none of whose answers is read. */
  private void flood(HostileRunner.Host host, byte[] one) throws IOException {
    host.attached();
    byte[] many = new byte[one.length * 1_000];
    for (int i = 0; i < 1_000; i++) {
      System.arraycopy(one, 0, many, i * one.length, one.length);
    }
    long seen = 0;
    for (long sent = 0; sent < FLOOD; sent += many.length) {
      host.raw(many);
      if (sent - seen >= FLOOD / 16) {
        seen = sent;
        peak.accumulateAndGet(used(), Math::max);
      }
    }
    host.listen();
  }

  private void leavesTheHeap(Hostility hostility) throws IOException {
    long before = used();
    peak.set(0);
    assertThat(failure(LONG_ENOUGH, hostility.script, new AtomicLong()))
        .isInstanceOf(RunnerException.class);
    long growth = (peak.get() - before) >> 20;
    System.out.println("heap in a flood of " + hostility.name + ": " + growth + " MiB more");
    assertThat(peak.get()).as("the flood was seen").isPositive();
    assertThat(growth).as("MiB of heap").isLessThan(GROWTH_MIB);
  }

  @Test
  @Limit(seconds = 120, why = "many runners, one after another")
  void random_words_end_in_a_typed_failure() throws IOException {
    Counts counts = Counts.of(20, 200, 2_000);
    long seed = Long.getLong("pyvisor.seed", new Random().nextLong());
    System.out.println("seed " + seed + "; -Dpyvisor.seed repeats it");
    Random pick = new Random(seed);
    List<String> ends = new ArrayList<>();
    for (int n = 0; n < counts.now(); n++) {
      long course = pick.nextLong();
      Throwable failure =
          failure(BRIEFLY, host -> babble(host, new Random(course)), new AtomicLong());
      assertThat(failure).as("seed %s, course %s", seed, n).isInstanceOf(RunnerException.class);
      ends.add(failure.getClass().getSimpleName());
    }
    Evidence.record(
        "a hostile runner's random words",
        List.of("F20"),
        counts.now() + " hosts, each with a typed failure and nothing uncaught",
        counts,
        seed);
    assertThat(ends).isNotEmpty();
  }

  /** A few words that may be, at offsets that may be, and sooner or later none. */
  private static void babble(HostileRunner.Host host, Random pick) throws IOException {
    host.attached();
    long[] odd = {0, 1, 8, 100, 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE, -1};
    for (int n = 0; n < 50; n++) {
      byte[] body = new byte[pick.nextInt(40)];
      pick.nextBytes(body);
      switch (pick.nextInt(6)) {
        case 0 -> host.record(odd[pick.nextInt(odd.length)], 0, body);
        case 1 -> host.word(4, pick.nextInt(4) == 0 ? odd[pick.nextInt(odd.length)] : 0);
        case 2 -> host.word(5 + pick.nextInt(2), pick.nextLong());
        case 3 -> host.frame(BINARY, body);
        case 4 -> host.said(pick.nextInt(256), "{\"a\":" + "[".repeat(pick.nextInt(9)));
        default -> host.frame(pick.nextInt(256), pick.nextInt(300), body);
      }
    }
  }

  /** What opening a client comes to; its close works in any case, and the process has gone. */
  private Throwable failure(Duration start, HostileRunner.Script script, AtomicLong dials)
      throws IOException {
    Path payload = Files.createTempDirectory(folder, "payload");
    try (HostileRunner runner = new HostileRunner(script)) {
      Throwable failure =
          catchThrowable(
              () -> {
                try (SupervisorClient client =
                    OpenClients.open(runner.client(payload).startTimeout(start))) {
                  client.session().execute("1");
                }
              });
      dials.set(runner.connections());
      assertThat(failure).as("what the client had").isNotNull();
      return failure;
    }
  }

  private static void answer(HostileRunner.Host host, String text) throws IOException {
    host.request();
    host.raw(ascii(text));
  }

  private static void endless(HostileRunner.Host host, byte[] bytes) throws IOException {
    while (true) {
      host.raw(bytes); // until the host has gone
    }
  }

  private static byte[] frame(int first, byte[] body) {
    byte[] whole = new byte[2 + body.length];
    whole[0] = (byte) first;
    whole[1] = (byte) body.length;
    System.arraycopy(body, 0, whole, 2, body.length);
    return whole;
  }

  private static String told(String incarnation, String received) {
    return ATTACHED.formatted(incarnation, received);
  }

  private static long used() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
