package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut;
import dev.pyvisor.contract.chaos.Cut.Direction;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A link that is cut loses nothing and doubles nothing. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 1800, why = "hosts one after another, 4,096 of them where everything is run")
class WebsocketCutsTest {
  @TempDir Path folder;
  private final Map<Integer, AtomicInteger> tally = new ConcurrentHashMap<>();

  /** The bytes of the answer that makes a websocket of the connection. */
  private static final int ANSWER = 163;

  @Test
  void the_first_connection_ends_right_after_the_101() throws Exception {
    cutRightAfterThe101(How.FIN);
  }

  @Test
  void the_first_connection_is_reset_right_after_the_101() throws Exception {
    cutRightAfterThe101(How.RST);
  }

  private void cutRightAfterThe101(How how) throws Exception {
    try (ChaosProxy proxy =
            proxy(n -> n == 1 ? new Cut(Direction.TO_HOST, ANSWER, how) : Cut.NEVER);
        SupervisorClient client = client(proxy)) {
      Outcome outcome = client.session().execute("for i in range(20_000): print('line', i, 'é🙂')");
      assertThat(outcome.error()).isEmpty();
      assertThat(outcome.stdoutText()).isEqualTo(Proxied.lines(20_000));
      assertThat(proxy.cuts()).isEqualTo(1);
    }
  }

  @Test
  void a_connection_may_be_cut_after_any_byte_to_the_host() throws Exception {
    cutAfterAnyByte(Direction.TO_HOST);
  }

  @Test
  void a_connection_may_be_cut_after_any_byte_to_the_runner() throws Exception {
    cutAfterAnyByte(Direction.TO_RUNNER);
  }

  /**
   * Of the first 4,096 bytes each, or some of them. The hosts come one after another to the same
   * runner, for none is to wait until another has started.
   */
  private void cutAfterAnyByte(Direction direction) throws Exception {
    Counts counts = Counts.of(60, 400, 4096);
    try (Listener runner = Listener.start(folder)) {
      for (int n = 0; n < counts.now(); n++) {
        int after = 1 + (int) ((long) n * 4096 / counts.now());
        try (ChaosProxy proxy =
                proxy(i -> i == 1 ? new Cut(direction, after, How.FIN) : Cut.NEVER);
            SupervisorClient client = client(proxy, runner)) {
          Outcome outcome =
              client.session().execute("kept = await tally(7)\nprint('x' * 2000, kept)");
          assertThat(outcome.error()).as("cut after %s", after).isEmpty();
          assertThat(outcome.stdoutText()).isEqualTo("x".repeat(2000) + " 7\n");
          assertThat(tally.remove(7)).hasValue(1);
        }
        if (after % 512 == 0) {
          System.out.println("F2: cut after each of " + after + " bytes " + direction);
        }
      }
    }
    Evidence.record(
        "a link cut after N of its first 4,096 bytes " + direction,
        List.of("F2"),
        counts.now() + " cuts, nothing lost and nothing doubled",
        counts);
  }

  @Test
  void a_link_of_which_no_connection_lives_longer_than_8_kib_still_finishes() throws Exception {
    Counts calls = Counts.of(1, 4, 12);
    Counts kib = Counts.of(256, 16 * 1024 / 3, 16 * 1024);
    int size = kib.now() * 1024;
    int argument = Math.min(size, 950_000);
    Tool length =
        Tool.named("length")
            .parameter("text", String.class, "what makes it large")
            .handler((arguments, context) -> arguments.get("text", String.class).length());
    try (ChaosProxy proxy =
            new ChaosProxy(
                n ->
                    new Cut(Direction.TO_HOST, 8_192, How.FIN)
                        .then(new Cut(Direction.TO_RUNNER, 8_192, How.FIN)));
        SupervisorClient client = Proxied.by(proxy).tool(length).open()) {
      String code =
          "print('z' * %d)\nfor call in range(%d): print(await length('y' * %d))"
              .formatted(size, calls.now(), argument);
      Outcome outcome = client.session().execute(code);
      assertThat(outcome.ok()).as(outcome.toString()).isTrue();
      assertThat(outcome.stdout().size()).isEqualTo(size + 1 + calls.now() * 7L);
      assertThat(outcome.stdoutText()).endsWith("z\n" + (argument + "\n").repeat(calls.now()));
      assertThat(proxy.cuts()).isGreaterThan(size / 65_536);
      Evidence.record(
          "a link of which no connection lives longer than 8 KiB",
          List.of("F11"),
          "%,d bytes printed, %d tool calls of %,d bytes, %d connections"
              .formatted(size, calls.now(), argument, proxy.cuts()),
          kib);
    }
  }

  private static ChaosProxy proxy(IntFunction<Cut> cuts) throws IOException {
    return new ChaosProxy(cuts);
  }

  private SupervisorClient client(ChaosProxy proxy) {
    return Proxied.by(proxy).tool(tallying()).open();
  }

  private SupervisorClient client(ChaosProxy proxy, Listener runner) {
    return runner
        .client()
        .backendOption("websocket.proxy", proxy.address())
        .tool(tallying())
        .open();
  }

  private Tool tallying() {
    return Tool.named("tally")
        .parameter("key", Integer.class, "what is counted")
        .handler(
            (arguments, context) -> {
              int key = arguments.get("key", Integer.class);
              tally.computeIfAbsent(key, k -> new AtomicInteger()).incrementAndGet();
              return key;
            });
  }
}
