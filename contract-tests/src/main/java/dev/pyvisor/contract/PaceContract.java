package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.load.Latencies;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.tool.Tool;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * What a cell, a tool call or a reset takes depends neither on how many come together or came
 * before, nor on what the session holds, nor on when somebody looks next. Each of these faults adds
 * its time to every single one, so what the quickest one took tells it from a busy machine; the
 * bounds lie well above what it takes and well below what the fault adds.
 */
public interface PaceContract extends RunnerContract {
  /** What takes longer has hung, whatever it does later. */
  Duration WEDGED = Duration.ofSeconds(2);

  /** Half of what it costs when two processes look for each other's messages every 10 ms. */
  Duration POLLED = Duration.ofMillis(10);

  /** A third of what it costs to write the large state down as data. */
  Duration COPIED = Duration.ofMillis(50);

  /** A million numbers, a hundred thousand small dicts and a long text. */
  String LARGE =
      "numbers = list(range(1_000_000))\ndicts = [{'a': i} for i in range(100_000)]\n"
          + "text = 'x' * 50_000_000";

  @Test
  @Rule("W3a")
  @Limit(seconds = 60, why = "4,300 tool calls on a busy machine")
  default void tool_calls_that_come_together_are_all_answered_and_soon() {
    Counts counts = Counts.always(100);
    try (SupervisorClient client = open(echo())) {
      for (int calls : List.of(2, 3, 38)) {
        Latencies latencies =
            timed(
                client.session(),
                counts,
                "assert await asyncio.gather(*(echo(i) for i in range(%1$d))) == list(range(%1$d))"
                    .formatted(calls));
        assertThat(latencies.quantile(0.99)).as(latencies.summary()).isLessThan(WEDGED);
        Evidence.record(
            calls + " small tool calls at once, until all are answered",
            List.of("W3a"),
            latencies.summary(),
            counts);
      }
    }
  }

  @Test
  @Rule("W19")
  default void a_tool_call_waits_for_no_look_of_somebodys() {
    Counts counts = Counts.always(100);
    try (SupervisorClient client = open(echo())) {
      Latencies latencies = timed(client.session(), counts, "await echo(1)");
      assertThat(latencies.quantile(0)).as(latencies.summary()).isLessThan(POLLED);
      Evidence.record(
          "a small tool call, one after another", List.of("W19"), latencies.summary(), counts);
    }
  }

  @Test
  @Rule("W19")
  default void a_cell_waits_for_no_look_of_somebodys() {
    Counts counts = Counts.always(100);
    Latencies latencies = new Latencies();
    try (SupervisorClient client = open(echo())) {
      for (int i = 0; i < counts.now(); i++) {
        latencies.add(timed(client.session(), "pass"));
      }
    }
    assertThat(latencies.quantile(0)).as(latencies.summary()).isLessThan(POLLED);
    Evidence.record("an empty cell, to its outcome", List.of("W19"), latencies.summary(), counts);
  }

  /** Every cell changes something, so that what is kept of the state has to be renewed. */
  @Test
  @Rule("W18")
  default void a_cell_costs_no_more_for_what_the_session_holds() {
    Counts counts = Counts.always(10);
    Latencies before = new Latencies();
    Latencies after = new Latencies();
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("count = 0");
      for (int i = 0; i < counts.now(); i++) {
        before.add(timed(session, "count += 1"));
      }
      assertThat(session.execute(LARGE).ok()).isTrue();
      for (int i = 0; i < counts.now(); i++) {
        after.add(timed(session, "count += 1"));
      }
    }
    assertThat(after.quantile(0).minus(before.quantile(0)))
        .as("%s, then %s", before.summary(), after.summary())
        .isLessThan(COPIED);
    Evidence.record(
        "a cell that changes a number, in an empty session and in one that holds 110 MB",
        List.of("W18"),
        before.summary() + "; " + after.summary(),
        counts);
  }

  /** Fifty-seven filled the pipe of a supervisor whose standard error nobody read. */
  @Test
  @Rule("W29")
  @Limit(seconds = 60, why = "the full count is 500 resets")
  default void many_resets_take_no_longer_than_few_and_leave_nothing_unread() {
    Counts counts = Counts.of(100, 200, 500);
    Latencies latencies = new Latencies();
    SupervisorClient client = open();
    try (client) {
      Session session = client.session();
      for (int i = 0; i < counts.now(); i++) {
        long start = System.nanoTime();
        session.reset();
        latencies.add(Duration.ofNanos(System.nanoTime() - start));
      }
      assertThat(session.execute("print('next')").stdoutText()).isEqualTo("next\n");
      assertThat(session.generation()).isEqualTo(1 + counts.now());
    }
    assertThat(latencies.quantile(0.99)).as(latencies.summary()).isLessThan(WEDGED);
    // A backend may have a notice for its user; what a reset leaves there would be told each time.
    assertThat(client.exited().join().stderrTail().lines())
        .as("the supervisor's own stderr")
        .hasSizeLessThan(2);
    Evidence.record("a reset, one after another", List.of("W29"), latencies.summary(), counts);
  }

  private static Tool echo() {
    return Tool.of("echo", (arguments, context) -> arguments.positional().get(0));
  }

  private static Duration timed(Session session, String code) {
    long start = System.nanoTime();
    Outcome outcome = session.execute(code);
    assertThat(outcome.ok()).as(outcome::toString).isTrue();
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /** The durations of a line of Python, taken there, over and over in one cell. */
  private static Latencies timed(Session session, Counts counts, String line) {
    Outcome outcome =
        session.execute(
            Cell.of(
                String.format(
                    Locale.ROOT,
                    """
                        import asyncio, time
                        took = []
                        for _ in range(%d):
                            start = time.monotonic()
                            %s
                            took.append(time.monotonic() - start)
                        print(*took)
                        """,
                    counts.now(),
                    line)));
    assertThat(outcome.ok()).as(outcome::toString).isTrue();
    Latencies latencies = new Latencies();
    for (String seconds : outcome.stdoutText().strip().split(" ")) {
      latencies.add(Duration.ofNanos((long) (Double.parseDouble(seconds) * 1e9)));
    }
    return latencies;
  }
}
