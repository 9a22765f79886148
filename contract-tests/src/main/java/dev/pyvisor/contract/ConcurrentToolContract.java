package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.tool.Tool;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tool calls of one cell run at the same time; each caller gets the answer to its own call. */
public interface ConcurrentToolContract extends RunnerContract {
  /** How many calls are open at once. */
  int CALLS = 64;

  /** Neither call is answered before both are there: shown by a barrier, not by a clock. */
  @Test
  @Rule("C55")
  default void two_slow_tools_overlap() {
    CyclicBarrier both = new CyclicBarrier(2);
    Tool slow =
        Tool.named("slow")
            .parameter("value", int.class, "returned as it is")
            .handler(
                (arguments, context) -> {
                  both.await(10, TimeUnit.SECONDS);
                  return arguments.get("value", Integer.class);
                });
    try (SupervisorClient client = open(slow)) {
      Outcome outcome =
          client.session().execute("import asyncio\nprint(await asyncio.gather(slow(1), slow(2)))");
      assertThat(outcome.stdoutText()).isEqualTo("[1, 2]\n");
    }
  }

  @Test
  @Rule("C17")
  default void tools_stay_callable_over_many_cells_with_caught_errors_and_calls_at_once() {
    Tool predict = Tool.of("predict", (arguments, context) -> arguments.positional().get(0));
    try (SupervisorClient client = open(predict)) {
      Session session = client.session();
      int calls = 0;
      for (int cell = 0; cell < 20; cell++) {
        boolean fails = cell % 3 == 0;
        Outcome outcome =
            session.execute(
                (fails
                        ? "try:\n    print([await predict(%d)] * 3)\n    raise KeyError('caught')\n"
                            + "except KeyError: pass"
                        : "import asyncio\n"
                            + "print(await asyncio.gather(*(predict(%d) for _ in range(3))))")
                    .formatted(cell));
        assertThat(outcome.ok()).as(outcome.toString()).isTrue();
        assertThat(outcome.stdoutText()).isEqualTo("[%1$d, %1$d, %1$d]\n".formatted(cell));
        calls += outcome.toolCalls();
      }
      assertThat(calls).isEqualTo(7 + 13 * 3);
    }
  }

  @Test
  @Rule("C55")
  default void calls_from_asyncio_answered_in_reverse_order_reach_their_callers() {
    answeredInReverse(
        """
        import asyncio
        results = await asyncio.gather(*(turn(i) for i in range(64)))
        """);
  }

  @Test
  @Rule("C55")
  @Needs(Capability.TOOL_FATES)
  default void calls_from_threads_answered_in_reverse_order_reach_their_callers() {
    answeredInReverse(
        """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(64) as pool:
            results = list(pool.map(turn.sync, range(64)))
        """);
  }

  private void answeredInReverse(String calls) {
    CountDownLatch allHere = new CountDownLatch(CALLS);
    List<CountDownLatch> answered =
        IntStream.rangeClosed(0, CALLS).mapToObj(i -> new CountDownLatch(1)).toList();
    answered.get(CALLS).countDown();
    Tool turn =
        Tool.named("turn")
            .parameter("index", int.class, "the last one is answered first")
            .handler(
                (arguments, context) -> {
                  int index = arguments.get("index", Integer.class);
                  allHere.countDown();
                  boolean mine =
                      allHere.await(10, TimeUnit.SECONDS)
                          && answered.get(index + 1).await(10, TimeUnit.SECONDS);
                  answered.get(index).countDown();
                  return mine ? "answer " + index : "not all calls were open at once";
                });
    try (SupervisorClient client = open(turn)) {
      Outcome outcome =
          client
              .session()
              .execute(calls + "print(results == [f'answer {i}' for i in range(64)] or results)");
      assertThat(outcome.error()).isEmpty();
      assertThat(outcome.stdoutText()).isEqualTo("True\n");
      assertThat(outcome.toolCalls()).isEqualTo(CALLS);
    }
  }
}
