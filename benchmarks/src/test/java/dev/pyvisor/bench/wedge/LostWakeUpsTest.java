package dev.pyvisor.bench.wedge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.bench.BenchOptions.Phase;
import dev.pyvisor.bench.python.BusyLoops;
import dev.pyvisor.bench.python.Interpreter;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.backend.Alone;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@Alone
@ExtendWith({Census.class, HangReport.class})
class LostWakeUpsTest {
  @Test
  @Rule("H2")
  void polling_with_a_buffered_reader_loses_lines_beside_busy_loops() throws IOException {
    Counts pairs = Counts.of(50, 400, 400);
    Path python = Interpreter.find(Optional.empty()).path();
    try (BusyLoops busy = BusyLoops.start(python)) {
      LostWakeUps result = LostWakeUps.measure(python, Phase.BUSY, pairs.now());
      Evidence.record(
          "self-check: lines that polling never sees, beside " + busy.count() + " busy loops",
          List.of("H2"),
          result.lost() + " of " + result.pairs() + " pairs",
          pairs);
      assertThat(result.lost()).isPositive();
    }
  }
}
