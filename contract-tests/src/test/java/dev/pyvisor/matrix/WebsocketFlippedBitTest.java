package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut.Direction;
import dev.pyvisor.contract.chaos.Fault;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One bit of what a runner says is another one on its way. */
@ExtendWith({Census.class, HangReport.class})
class WebsocketFlippedBitTest {
  private static final int LINES = 10_000;

  /** Bytes to the host in which the bit lies: the answers before it, and most of the output. */
  private static final int WITHIN = 150_000;

  @Test
  @Limit(seconds = 600, why = "a frame that became longer is waited for")
  void output_is_never_told_as_whole_when_it_is_not() throws Exception {
    Counts counts = Counts.of(10, 100, 1_000);
    long seed = Long.getLong("pyvisor.seed", new Random().nextLong());
    System.out.println("seed " + seed + "; -Dpyvisor.seed repeats it");
    Random pick = new Random(seed);
    Map<String, Integer> ends = new TreeMap<>();
    for (int n = 0; n < counts.now(); n++) {
      long bit = (long) pick.nextInt(WITHIN) * 8 + pick.nextInt(8);
      ends.merge(end(bit, seed), 1, Integer::sum);
    }
    Evidence.record(
        "one bit flipped on its way to the host",
        List.of("F14"),
        ends + ", never output that was told as whole and was not",
        counts,
        seed);
  }

  /** What came of it: the output is whole, or the failure's name. */
  private static String end(long bit, long seed) throws Exception {
    try (ChaosProxy proxy = new ChaosProxy(flipped(bit));
        SupervisorClient client = Proxied.by(proxy).restart(false).open()) {
      Outcome outcome =
          client.session().execute("for i in range(%d): print('line', i, 'é🙂')".formatted(LINES));
      if (outcome.kind() != OutcomeKind.COMPLETED) {
        return outcome.cause().orElseThrow().kind();
      }
      assertThat(outcome.stdoutText())
          .as("seed %s, bit %s", seed, bit)
          .isEqualTo(Proxied.lines(LINES));
      return "whole";
    } catch (RunnerException told) {
      return told.getClass().getSimpleName();
    }
  }

  /** Only on the first connection: a second one carries the same bytes as they are. */
  private static IntFunction<Fault> flipped(long bit) {
    return number ->
        (connection, direction) -> {
          long[] passed = {0};
          return (data, count, line) -> {
            long at = bit / 8 - passed[0];
            if (number == 1 && direction == Direction.TO_HOST && at >= 0 && at < count) {
              data[(int) at] ^= (byte) (1 << bit % 8);
            }
            passed[0] += count;
            line.write(data, 0, count);
          };
        };
  }
}
